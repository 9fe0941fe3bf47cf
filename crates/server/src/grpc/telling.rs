//! Streams to readers: what is told, then how it ended, which no slow reader can miss.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use futures_util::Stream;
use onhand_wire::Trouble;
use tokio::sync::{mpsc, oneshot, watch};
use tonic::Status;

use super::status::of_trouble;
use crate::feeds::Feeds;

/// Longest wait for a reader that takes nothing. Then its stream ends, and its seat is free.
const STALLED_MAX: Duration = Duration::from_secs(300);

/// What a reader is told. It ends well only if what tells it ended well.
pub(super) struct Told<T> {
    news: mpsc::Receiver<T>,
    /// Apart from the news: it needs no room among them. None once it is told.
    ended: Option<oneshot::Receiver<Result<(), Status>>>,
}

impl<T> Stream for Told<T> {
    type Item = Result<T, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(news) = ready!(self.news.poll_recv(context)) {
            return Poll::Ready(Some(Ok(news)));
        }
        let Some(ended) = &mut self.ended else { return Poll::Ready(None) };
        let ended = ready!(Pin::new(ended).poll(context));
        self.ended = None;
        Poll::Ready(match ended {
            Ok(Ok(())) => None,
            Ok(Err(status)) => Some(Err(status)),
            Err(_) => Some(Err(cut("the stream broke off; connect again"))),
        })
    }
}

/// Where news go, a few of which wait for a slow reader.
pub(super) struct ToReader<T>(mpsc::Sender<T>);

impl<T> ToReader<T> {
    /// Waits for room; what is told may be chosen once there is some.
    ///
    /// # Errors
    /// The reader is gone, or took nothing for too long.
    pub async fn room(&self) -> Result<mpsc::Permit<'_, T>, Status> {
        match tokio::time::timeout(STALLED_MAX, self.0.reserve()).await {
            Ok(Ok(room)) => Ok(room),
            Ok(Err(_)) => Err(gone()),
            Err(_) => {
                let seconds = STALLED_MAX.as_secs();
                Err(cut(&format!("nothing was read for {seconds} s; connect again")))
            }
        }
    }

    /// # Errors
    /// As [`ToReader::room`].
    pub async fn send(&self, news: T) -> Result<(), Status> {
        self.room().await?.send(news);
        Ok(())
    }
}

/// A stream that `tell` fills until it is done or the reader is gone. `waiting_max`: news that
/// wait for a slow reader.
pub(super) fn told<T: Send + 'static, F>(
    waiting_max: usize,
    tell: impl FnOnce(ToReader<T>) -> F,
) -> Told<T>
where
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    let (to_reader, news) = mpsc::channel(waiting_max);
    let (end, ended) = oneshot::channel();
    let (reader, telling) = (to_reader.clone(), tell(ToReader(to_reader)));
    tokio::spawn(async move {
        let how = tokio::select! {
            how = telling => how,
            () = reader.closed() => Err(gone()),
        };
        // Nobody listens any more if this fails.
        let _ = end.send(how);
    });
    Told { news, ended: Some(ended) }
}

/// As [`told`], until the server stops at the latest. `seat` is held as long.
pub(super) fn feed<T: Send + 'static, F>(
    feeds: &Feeds,
    seat: impl Send + 'static,
    waiting_max: usize,
    tell: impl FnOnce(ToReader<T>) -> F,
) -> Told<T>
where
    F: Future<Output = Result<(), Status>> + Send + 'static,
{
    let mut ending = feeds.ending();
    told(waiting_max, |to_reader| {
        let telling = tell(to_reader);
        async move {
            let _seat = seat;
            tokio::select! {
                how = telling => how,
                () = over(&mut ending) => Err(stopping()),
            }
        }
    })
}

/// Waits until the server stops.
pub(super) async fn over(ending: &mut watch::Receiver<bool>) {
    // Whoever would say so is gone: that is the end too.
    let _ = ending.wait_for(|it| *it).await;
}

pub(super) fn stopping() -> Status {
    cut("the server stops; connect again, behind what was told last")
}

fn gone() -> Status {
    Status::cancelled("the reader is gone")
}

fn cut(message: &str) -> Status {
    of_trouble(&Trouble::Unavailable { message: message.to_owned() })
}

#[cfg(test)]
mod tests {
    use futures_util::StreamExt;

    use super::*;

    #[tokio::test]
    async fn a_slow_reader_is_told_the_end_too() {
        let mut stream = told(2, |to_reader| async move {
            to_reader.send(1).await?;
            to_reader.send(2).await?;
            Err(stopping())
        });
        // There is no room left when it ends.
        tokio::task::yield_now().await;
        assert_eq!(stream.next().await.unwrap().unwrap(), 1);
        assert_eq!(stream.next().await.unwrap().unwrap(), 2);
        let end = stream.next().await.unwrap().unwrap_err();
        assert_eq!(end.code(), tonic::Code::Unavailable);
        assert!(stream.next().await.is_none());
    }

    #[tokio::test]
    async fn a_stream_whose_teller_is_lost_does_not_end_well() {
        let (to_reader, news) = mpsc::channel::<u8>(1);
        let (end, ended) = oneshot::channel();
        let mut stream = Told { news, ended: Some(ended) };
        drop((to_reader, end));
        assert!(stream.next().await.unwrap().is_err());
    }
}
