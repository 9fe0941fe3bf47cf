//! Which documents share the most with a question, where what is rare weighs more.

use std::cmp::Reverse;

use rustc_hash::FxHashMap;

/// So many entries are looked at for one question, the rarest features first; of a large catalogue
/// as many as a quarter of its documents, or the rarest would be all that counts.
const LOOKED_AT: usize = 40_000;

/// Documents by their features, both numbered in the order in which they came.
#[derive(Default)]
pub(super) struct Postings {
    features: FxHashMap<u64, u32>,
    /// Of all documents one after the other, each sorted; where each document's end.
    forward: Vec<u32>,
    ends: Vec<usize>,
    /// The documents of all features one after the other; where each feature's begin.
    documents: Vec<u32>,
    begins: Vec<usize>,
    weights: Vec<u32>,
    /// Of a document, all its features together.
    totals: Vec<u32>,
}

/// Features of a question; those that no document has are a weight only.
pub(super) struct Question {
    known: Vec<u32>,
    total: u32,
}

impl Postings {
    /// Adds a document. Complete only after `finish`.
    pub fn add(&mut self, features: impl IntoIterator<Item = u64>) {
        let begin = self.forward.len();
        for feature in features {
            let fresh = self.features.len() as u32;
            self.forward.push(*self.features.entry(feature).or_insert(fresh));
        }
        self.forward[begin..].sort_unstable();
        let mut kept = begin;
        for at in begin..self.forward.len() {
            if at == begin || self.forward[at] != self.forward[kept - 1] {
                self.forward[kept] = self.forward[at];
                kept += 1;
            }
        }
        self.forward.truncate(kept);
        self.ends.push(kept);
    }

    pub fn finish(&mut self) {
        let mut counts = vec![0usize; self.features.len()];
        self.forward.iter().for_each(|it| counts[*it as usize] += 1);
        let holding = self.ends.len();
        self.weights = counts.iter().map(|it| weight(holding, *it)).collect();
        self.begins = vec![0];
        for count in &counts {
            self.begins.push(self.begins[self.begins.len() - 1] + count);
        }
        let mut next = self.begins.clone();
        self.documents = vec![0; self.forward.len()];
        for document in 0..self.ends.len() {
            for at in self.range(document) {
                let place = &mut next[self.forward[at] as usize];
                self.documents[*place] = document as u32;
                *place += 1;
            }
        }
        let total = |document| self.of(document).iter().map(|it| self.weights[*it as usize]).sum();
        self.totals = (0..self.ends.len()).map(total).collect();
    }

    fn range(&self, document: usize) -> std::ops::Range<usize> {
        let begin = document.checked_sub(1).map_or(0, |it| self.ends[it]);
        begin..self.ends[document]
    }

    fn of(&self, document: usize) -> &[u32] {
        &self.forward[self.range(document)]
    }

    pub fn question(&self, features: impl IntoIterator<Item = u64>) -> Question {
        let mut features: Vec<u64> = features.into_iter().collect();
        features.sort_unstable();
        features.dedup();
        let known: Vec<u32> =
            features.iter().filter_map(|it| self.features.get(it).copied()).collect();
        let strange = weight(self.ends.len(), 1) * (features.len() - known.len()) as u32;
        let weight: u32 = known.iter().map(|it| self.weights[*it as usize]).sum();
        Question { known, total: weight + strange }
    }

    /// The documents that share the most, best first; of equals the first. A feature with more
    /// documents than may be looked at tells nothing apart and finds none.
    pub fn nearest(&self, question: &Question, most: usize) -> Vec<u32> {
        let entries =
            |it: &u32| &self.documents[self.begins[*it as usize]..self.begins[*it as usize + 1]];
        let mut rarest = question.known.clone();
        rarest.sort_unstable_by_key(|it| (entries(it).len(), *it));
        let mut left = LOOKED_AT.max(self.ends.len() / 4);
        let mut shared = vec![0u32; self.ends.len()];
        let mut touched = Vec::new();
        for feature in &rarest {
            let Some(rest) = left.checked_sub(entries(feature).len()) else { break };
            left = rest;
            for &document in entries(feature) {
                let sum = &mut shared[document as usize];
                if *sum == 0 {
                    touched.push(document);
                }
                *sum += self.weights[*feature as usize];
            }
        }
        let mut ranked: Vec<(Reverse<u32>, u32)> = touched
            .into_iter()
            .map(|it| (Reverse(self.permille(question, it, shared[it as usize])), it))
            .collect();
        if ranked.len() > most {
            ranked.select_nth_unstable(most);
            ranked.truncate(most);
        }
        ranked.sort_unstable();
        ranked.into_iter().map(|(_, document)| document).collect()
    }

    /// What question and document share, of what either has: 1,000 if nothing tells them apart.
    pub fn likeness(&self, question: &Question, document: u32) -> u32 {
        let own = self.of(document as usize);
        let both = question.known.iter().filter(|it| own.binary_search(it).is_ok());
        self.permille(question, document, both.map(|it| self.weights[*it as usize]).sum())
    }

    fn permille(&self, question: &Question, document: u32, shared: u32) -> u32 {
        let either = (question.total + self.totals[document as usize]).max(1);
        (u64::from(shared) * 2_000 / u64::from(either)) as u32
    }
}

/// Each halving of the share of documents that have a feature adds one.
fn weight(documents: usize, having: usize) -> u32 {
    1 + (documents.max(1) / having.max(1)).max(1).ilog2()
}
