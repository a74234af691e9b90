// SPDX-License-Identifier: Apache-2.0

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::{runtime::Handle, sync::watch, time::Instant};

use crate::error::{Error, ErrorKind};

/// What blocking work needs to stop in time: a deadline, and word that nobody waits for it any more.
#[derive(Clone, Debug)]
pub(crate) struct Stop {
    flag: Arc<AtomicBool>,
    gone: watch::Receiver<()>,
    until: Instant,
    runtime: Handle,
}

impl Stop {
    /// A flag for code that looks at it now and then.
    pub(crate) fn flag(&self) -> &AtomicBool {
        &self.flag
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        match self.flag.load(Ordering::Relaxed) {
            true => Err(cancelled()),
            false => Ok(()),
        }
    }

    /// Waits for a future on this blocking thread, but no longer than anybody cares.
    pub(crate) fn wait<T>(&self, future: impl Future<Output = T>) -> Result<T, Error> {
        let mut gone = self.gone.clone();
        self.runtime.block_on(async {
            tokio::select! {
                biased;
                _ = gone.changed() => Err(cancelled()),
                done = tokio::time::timeout_at(self.until, future) => done.map_err(|_| timeout()),
            }
        })
    }
}

fn cancelled() -> Error {
    Error::new(ErrorKind::Cancelled, "context canceled")
}

fn timeout() -> Error {
    Error::new(ErrorKind::Timeout, "context deadline exceeded")
}

/// Raises the flag when the caller is dropped, or stops waiting.
struct Guard {
    flag: Arc<AtomicBool>,
    _present: watch::Sender<()>,
}

impl Drop for Guard {
    fn drop(&mut self) {
        self.flag.store(true, Ordering::Relaxed);
    }
}

/// Runs work on a blocking thread. When the time is up, or the returned future is dropped, the work is told to stop.
pub(crate) async fn run<T: Send + 'static>(
    timeout_after: Duration,
    work: impl FnOnce(&Stop) -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    let until = Instant::now() + timeout_after;
    let (sender, gone) = watch::channel(());
    let flag = Arc::new(AtomicBool::new(false));
    let _guard = Guard { flag: flag.clone(), _present: sender };
    let stop = Stop { flag, gone, until, runtime: Handle::current() };
    let work = tokio::task::spawn_blocking(move || work(&stop));
    match tokio::time::timeout_at(until, work).await {
        Ok(Ok(done)) => done,
        Ok(Err(e)) => Err(Error::new(ErrorKind::Io, "the worker ended early").caused_by(e)),
        Err(_) => Err(timeout()),
    }
}
