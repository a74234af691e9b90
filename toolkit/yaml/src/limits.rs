// SPDX-License-Identifier: Apache-2.0

/// Bounds on what one call may read.
///
/// The defaults suit repositories and API objects; lower them for input whose size is known.
///
/// ```
/// use gitops_yaml::{ErrorKind, Limits, parse};
///
/// let tight = Limits::default().depth(2);
/// let error = parse("a: {b: {c: 1}}", &tight).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Limit);
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub struct Limits {
    /// Bytes of text; 64 MiB by default, never more than 4 GiB.
    pub bytes: usize,
    /// Collections inside collections; 512 by default.
    pub depth: usize,
    /// Nodes of one document, keys included, before aliases are expanded, and what is kept of anchored nodes for later
    /// aliases; 8 million by default.
    pub nodes: usize,
    /// Nodes that expanding aliases may add to one document; 400,000 by default.
    pub aliases: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 64 << 20, depth: 512, nodes: 8_000_000, aliases: 400_000 }
    }
}

impl Limits {
    /// Sets how many bytes may be read.
    #[must_use]
    pub fn bytes(mut self, bytes: usize) -> Self {
        self.bytes = bytes;
        self
    }

    /// Sets how deep collections may nest.
    #[must_use]
    pub fn depth(mut self, depth: usize) -> Self {
        self.depth = depth;
        self
    }

    /// Sets how many nodes a document may hold.
    #[must_use]
    pub fn nodes(mut self, nodes: usize) -> Self {
        self.nodes = nodes;
        self
    }

    /// Sets how many nodes aliases may add.
    #[must_use]
    pub fn aliases(mut self, aliases: usize) -> Self {
        self.aliases = aliases;
        self
    }
}
