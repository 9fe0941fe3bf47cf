//! Why two numbers differ: the cause that explains most, and how sure that is.
//!
//! An exact explanation speaks for itself, the less the more there were to choose from. What
//! nothing explains well enough is called unexplained rather than blamed on what happened to be
//! there.

use onhand_core::DifferenceKind;

use super::causes::{Cause, Causes};
use super::confidence::*;

/// Both numbers on our basis, in our units.
pub(super) struct Differing<'a> {
    pub theirs: i64,
    pub ours: i64,
    /// Packs that somebody says the item comes in.
    pub packs: &'a [u64],
    /// What they said before and what they say now, on their basis.
    pub before: Option<i64>,
    pub now: i64,
}

/// What a difference is put down to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub kind: DifferenceKind,
    /// Percent.
    pub confidence: u64,
    pub explained_by: Vec<u64>,
}

const PACK_MAX: i64 = 100;
/// So far from a whole number of packs it may be, where the pack is known.
const NEAR_PERCENT: i64 = 15;
/// Packs that goods often come in.
const COMMON_PACKS: [i64; 16] = [6, 8, 10, 12, 15, 16, 18, 20, 24, 25, 30, 36, 48, 50, 72, 100];
/// What makes up most of a difference leaves less than this part of it.
const MOST_REST: i64 = 5;
/// Among more causes than this any number is a sum of some.
const CROWD: usize = 24;

impl Verdict {
    pub fn of(kind: DifferenceKind, confidence: u64) -> Verdict {
        Verdict { kind, confidence, explained_by: Vec::new() }
    }

    /// Of so many units, theirs less ours.
    pub fn unexplained(difference: i64) -> Verdict {
        let kind = match difference > 0 {
            true => DifferenceKind::UnexplainedGain,
            false => DifferenceKind::UnexplainedLoss,
        };
        Verdict::of(kind, UNEXPLAINED)
    }
}

pub(super) fn classify(it: &Differing<'_>, causes: &Causes) -> Verdict {
    let difference = it.theirs - it.ours;
    let crowd = causes.whole.iter().filter(|it| it.units.signum() == difference.signum()).count();
    let options = [
        pack(it),
        first_few(&causes.lagging, difference),
        first_few(&causes.ahead, difference),
        single(&causes.whole, difference, crowd),
        pair(&causes.whole, difference, crowd),
        parts(&causes.part, difference),
        both(causes, difference, crowd),
        most(&causes.whole, difference),
    ];
    let unexplained = unexplained(causes, difference);
    // Of what is equally sure the first stands.
    let better = |best: Verdict, it: Verdict| match it.confidence > best.confidence {
        true => it,
        false => best,
    };
    options.into_iter().flatten().fold(unexplained, better)
}

fn unexplained(causes: &Causes, difference: i64) -> Verdict {
    let verdict = Verdict::unexplained(difference);
    let corrected = causes.corrections.iter().find(|it| it.units == difference);
    match corrected {
        Some(it) => Verdict { confidence: CORRECTED, explained_by: vec![it.position], ..verdict },
        None => verdict,
    }
}

/// One of the numbers is the other times a pack.
fn pack(it: &Differing<'_>) -> Option<Verdict> {
    let (less, more) = (it.theirs.min(it.ours), it.theirs.max(it.ours));
    if less <= 0 {
        return None;
    }
    let verdict = |confidence| Verdict::of(DifferenceKind::PackMistake, confidence);
    let known = |pack: &i64| *pack > 1 && it.packs.contains(&(*pack as u64));
    let factor = Some(more / less).filter(|it| *it <= PACK_MAX && more % less == 0);
    match factor {
        Some(factor) if known(&factor) => return Some(verdict(KNOWN_PACK)),
        Some(factor) if COMMON_PACKS.contains(&factor) && less >= 2 => {
            return Some(verdict(COMMON_PACK));
        }
        Some(_) | None => {}
    }
    // Beside something else, or of whole packs only: nearly so, of a pack that is known.
    let packs = it.packs.iter().map(|it| *it as i64).filter(|it| (2..=PACK_MAX).contains(it));
    let is_near = |less: i64, more: i64, pack: i64| {
        less > 0 && ((less * pack) - more).abs() * 100 <= more * NEAR_PERCENT
    };
    // Away from ours at one go: back again it is no mistake.
    let away =
        |it: &Differing<'_>, before: i64| (it.now - it.ours).abs() > (before - it.ours).abs();
    let before = it.before.filter(|before| away(it, *before)).unwrap_or(0);
    let (then, now) = (before.min(it.now), before.max(it.now));
    packs
        .into_iter()
        .any(|it| is_near(less, more, it) || is_near(then, now, it))
        .then(|| verdict(NEAR_PACK))
}

/// All of what happened after a moment, or before it: that is how a delay works.
fn first_few(causes: &[Cause], difference: i64) -> Option<Verdict> {
    let mut sum = 0;
    for (place, cause) in causes.iter().enumerate() {
        sum += cause.units;
        if sum == difference {
            let few = &causes[..=place];
            let confidence = FIRST_FEW.saturating_sub(PER_EVENT * place as u64);
            return Some(explained(few.iter(), confidence));
        }
    }
    None
}

fn single(causes: &[Cause], difference: i64, crowd: usize) -> Option<Verdict> {
    let found = causes.iter().find(|it| it.units == difference)?;
    Some(explained([found].into_iter(), SINGLE.saturating_sub(crowd.min(CROWD) as u64)))
}

fn pair(causes: &[Cause], difference: i64, crowd: usize) -> Option<Verdict> {
    let same = |it: &&Cause| it.units.signum() == difference.signum();
    let fitting: Vec<&Cause> = causes.iter().filter(same).take(CROWD).collect();
    for (place, one) in fitting.iter().enumerate() {
        let rest = difference - one.units;
        let other = fitting[place + 1..].iter().find(|it| it.units == rest);
        if let Some(other) = other {
            let sure = PAIR.saturating_sub(PER_EVENT * crowd.min(CROWD) as u64);
            return Some(explained([*one, *other].into_iter(), sure));
        }
    }
    None
}

/// Goods that lie there or are on their way, of which any part may count already.
fn parts(causes: &[Cause], difference: i64) -> Option<Verdict> {
    let all: i64 = causes.iter().map(|it| it.units).sum();
    if difference <= 0 || all <= 0 {
        return None;
    }
    if let Some(found) = causes.iter().find(|it| it.units == difference) {
        return Some(explained([found].into_iter(), ONE_PART));
    }
    let largest = causes.iter().max_by_key(|it| it.units)?;
    let confidence = match () {
        () if all == difference => ALL_PARTS,
        () if all > difference => SOME_PARTS,
        // It explains most of it.
        () if all * 2 >= difference => {
            MOST + u64::try_from(all * MOST_SPAN / difference).unwrap_or(0)
        }
        () => return None,
    };
    let mut verdict = explained(causes.iter(), confidence);
    verdict.kind = largest.kind;
    Some(verdict)
}

/// Goods that are there already, and something in flight beside.
fn both(causes: &Causes, difference: i64, crowd: usize) -> Option<Verdict> {
    let pairs = causes.part.iter().flat_map(|one| causes.whole.iter().map(move |it| (one, it)));
    let (one, other) = pairs
        .filter(|(one, other)| one.position != other.position)
        .find(|(one, other)| one.units + other.units == difference)?;
    let confidence = BOTH.saturating_sub(PER_EVENT * crowd.min(CROWD) as u64);
    Some(explained([one, other].into_iter(), confidence))
}

/// Goods that one side did not book make up most of it. Of what is merely in flight there is
/// always something, so that it tells nothing where it does not fit.
fn most(causes: &[Cause], difference: i64) -> Option<Verdict> {
    let is_goods = |it: &&Cause| {
        it.kind != DifferenceKind::InFlight && it.units.signum() == difference.signum()
    };
    let rest = |it: &Cause| (difference - it.units).abs();
    let found = causes.iter().filter(is_goods).min_by_key(|it| rest(it))?;
    let whole = difference.abs().max(found.units.abs());
    let confidence = MOST + u64::try_from((whole - rest(found)) * MOST_SPAN / whole).unwrap_or(0);
    (rest(found) * MOST_REST < whole).then(|| explained([found].into_iter(), confidence))
}

/// By the kind of the largest.
fn explained<'a>(causes: impl Iterator<Item = &'a Cause> + Clone, confidence: u64) -> Verdict {
    let largest = causes.clone().max_by_key(|it| it.units.abs());
    let kind = largest.map_or(DifferenceKind::InFlight, |it| it.kind);
    let mut explained_by: Vec<u64> = causes.map(|it| it.position).collect();
    explained_by.sort_unstable();
    explained_by.dedup();
    Verdict { kind, confidence, explained_by }
}
