// SPDX-License-Identifier: Apache-2.0

use std::error::Error as StdError;
use std::fmt;
use std::time::Duration;

use crate::event::Event;

/// When an object whose run failed is tried again.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum Next {
    /// With the growing back-off of the object.
    Retry,
    /// After a fixed time, whatever happened before.
    RetryIn(Duration),
    /// As soon as an object that it refers to changes, at the latest after the given time. No worker is held.
    Wait(Duration),
    /// Not before its spec changes or somebody asks: trying again cannot help.
    Stall,
}

/// Why a run failed and what it means for the object: a reason for the conditions, a time for the next attempt, a cause.
///
/// Build one where the meaning of an error is known, mostly through [`OrFail`].
#[derive(Debug)]
#[must_use]
pub struct Failure {
    /// The reason of the Ready condition, in camel case.
    pub reason: String,
    /// When to try again.
    pub next: Next,
    /// The cause; its whole chain becomes the message of the condition.
    pub source: Box<dyn StdError + Send + Sync>,
    pub(crate) report: Report,
}

/// Whether and how a failure is announced.
#[derive(Debug)]
pub(crate) enum Report {
    /// A warning with the failure's own reason and message.
    Warning,
    /// Nothing.
    Silent,
    /// Something else.
    Other(Box<Event>),
}

/// A failure that has a text and no further cause.
#[derive(Debug)]
struct Text(String);

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Text {}

impl Failure {
    /// Builds a failure with a cause.
    pub fn new(
        reason: impl Into<String>,
        next: Next,
        source: impl Into<Box<dyn StdError + Send + Sync>>,
    ) -> Self {
        Self { reason: reason.into(), next, source: source.into(), report: Report::Warning }
    }

    /// Builds a failure from a text; shorthand for a cause that has nothing more to say.
    pub fn text(reason: impl Into<String>, next: Next, message: impl Into<String>) -> Self {
        Self::new(reason, next, Text(message.into()))
    }

    /// Announces nothing.
    pub fn silent(mut self) -> Self {
        self.report = Report::Silent;
        self
    }

    /// Announces `event` in place of the usual warning.
    pub fn announce(mut self, event: Event) -> Self {
        self.report = Report::Other(Box::new(event));
        self
    }

    /// The message for the condition: every level of the cause, outermost first, joined with `: `.
    ///
    /// A level that already repeats the text of the level below it is not repeated.
    #[must_use]
    pub fn message(&self) -> String {
        let mut text = level_text(self.source.as_ref());
        let mut cause = below(self.source.as_ref());
        while let Some(error) = cause {
            let level = level_text(error);
            if !level.is_empty() && !text.ends_with(&level) {
                text.push_str(": ");
                text.push_str(&level);
            }
            cause = below(error);
        }
        text
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.reason, self.source)
    }
}

/// The text of one level; of an answer of the API server only what it says to people.
fn level_text(error: &(dyn StdError + 'static)) -> String {
    match error.downcast_ref::<kube::Error>() {
        Some(kube::Error::Api(status)) => status.message.clone(),
        _ => error.to_string(),
    }
}

/// The level below; an answer of the API server has none that says more.
fn below<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a (dyn StdError + 'static)> {
    match error.downcast_ref::<kube::Error>() {
        Some(kube::Error::Api(_)) => None,
        _ => error.source(),
    }
}

/// Turns the error of a step into a [`Failure`] at the place where its meaning is known.
///
/// ```
/// use gitops_reconcile::{Failure, Next, OrFail};
///
/// fn step() -> Result<u16, Failure> {
///     "80".parse::<u16>().or_stall("InvalidPort")
/// }
/// assert_eq!(step().ok(), Some(80));
///
/// let failure = "x".parse::<u16>().or_stall("InvalidPort").unwrap_err();
/// assert_eq!(failure.next, Next::Stall);
/// ```
pub trait OrFail<T, E> {
    /// Fails with `reason` and tries again with the growing back-off.
    ///
    /// # Errors
    /// The error, given a meaning.
    fn or_retry(self, reason: &str) -> Result<T, Failure>;

    /// Fails with `reason` and waits for a referenced object to change, at most `limit`.
    ///
    /// # Errors
    /// The error, given a meaning.
    fn or_wait(self, reason: &str, limit: Duration) -> Result<T, Failure>;

    /// Fails with `reason` until the spec changes.
    ///
    /// # Errors
    /// The error, given a meaning.
    fn or_stall(self, reason: &str) -> Result<T, Failure>;

    /// Fails with `reason` and lets the error itself say whether trying again may help.
    ///
    /// # Errors
    /// The error, given a meaning.
    fn or_ask(self, reason: &str, transient: impl FnOnce(&E) -> bool) -> Result<T, Failure>;
}

impl<T, E> OrFail<T, E> for Result<T, E>
where
    E: StdError + Send + Sync + 'static,
{
    fn or_retry(self, reason: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(reason, Next::Retry, error))
    }

    fn or_wait(self, reason: &str, limit: Duration) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(reason, Next::Wait(limit), error))
    }

    fn or_stall(self, reason: &str) -> Result<T, Failure> {
        self.map_err(|error| Failure::new(reason, Next::Stall, error))
    }

    fn or_ask(self, reason: &str, transient: impl FnOnce(&E) -> bool) -> Result<T, Failure> {
        self.map_err(|error| {
            let next = if transient(&error) { Next::Retry } else { Next::Stall };
            Failure::new(reason, next, error)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    struct Outer(std::num::ParseIntError);
    impl fmt::Display for Outer {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("cannot read port")
        }
    }
    impl StdError for Outer {
        fn source(&self) -> Option<&(dyn StdError + 'static)> {
            Some(&self.0)
        }
    }

    #[test]
    fn message_joins_the_levels_of_the_cause() {
        let inner = "x".parse::<u16>().unwrap_err();
        let failure = Failure::new("InvalidPort", Next::Retry, Outer(inner));
        assert_eq!(failure.message(), "cannot read port: invalid digit found in string");
    }
}
