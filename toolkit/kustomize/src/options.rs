// SPDX-License-Identifier: Apache-2.0

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, ErrorKind};

/// How [`build`](crate::build) reads, orders and bounds.
///
/// The default is what `kubectl kustomize` does.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// The order of the result where the root kustomization has no `sortOptions`.
    pub order: Order,
    /// Whether files must lie in or below the directory of the kustomization that names them.
    pub restrict_files: bool,
    /// Whether a schema given with `openapi.path` adds to the built-in one instead of replacing it.
    pub keep_builtin_schema: bool,
    /// The bytes of all files read in one build, the same file counted each time.
    pub input_bytes: usize,
    /// The nodes that all resources of a build hold together at any moment, a bound of the memory used.
    pub nodes: usize,
    /// How deep kustomizations may contain each other.
    pub depth: usize,
    /// Bounds of a single YAML file.
    pub yaml: gitops_yaml::Limits,
    /// Stops the build when set.
    pub cancel: Cancel,
}

/// The order of the objects a build returns.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
#[non_exhaustive]
pub enum Order {
    /// Namespaces, definitions and other things that others need first, webhooks last, then by id.
    #[default]
    Legacy,
    /// As the files name them.
    Fifo,
}

/// A flag that stops a build from another thread.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    /// Makes every build that holds a clone of this flag fail soon.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Returns whether [`cancel`](Cancel::cancel) was called.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            order: Order::default(),
            restrict_files: true,
            keep_builtin_schema: false,
            input_bytes: 256 << 20,
            nodes: 20_000_000,
            depth: 64,
            yaml: gitops_yaml::Limits::default(),
            cancel: Cancel::default(),
        }
    }
}

impl Options {
    /// Returns the options of a GitOps controller: file order, files anywhere in the file system, custom schemas on top
    /// of the built-in one.
    #[must_use]
    pub fn controller() -> Self {
        Self { order: Order::Fifo, restrict_files: false, keep_builtin_schema: true, ..Self::default() }
    }

    /// Sets [`order`](Options::order).
    #[must_use]
    pub fn order(mut self, order: Order) -> Self {
        self.order = order;
        self
    }

    /// Sets [`restrict_files`](Options::restrict_files).
    #[must_use]
    pub fn restrict_files(mut self, restrict: bool) -> Self {
        self.restrict_files = restrict;
        self
    }

    /// Sets [`input_bytes`](Options::input_bytes).
    #[must_use]
    pub fn input_bytes(mut self, bytes: usize) -> Self {
        self.input_bytes = bytes;
        self
    }

    /// Sets [`nodes`](Options::nodes).
    #[must_use]
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// Sets [`cancel`](Options::cancel).
    #[must_use]
    pub fn cancel(mut self, cancel: Cancel) -> Self {
        self.cancel = cancel;
        self
    }

    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.cancel.is_cancelled() {
            return Err(Error::new(ErrorKind::Cancelled, "the build was cancelled"));
        }
        Ok(())
    }
}
