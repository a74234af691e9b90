// SPDX-License-Identifier: Apache-2.0

/// One document of a YAML stream.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Document {
    /// The top node; a plain empty scalar (null) if the document has no content.
    pub root: Node,
    /// Comments after the last node, in order, without their `#`.
    pub trailing_comments: Vec<String>,
}

impl Document {
    pub(crate) fn new(root: Node, trailing_comments: Vec<String>) -> Self {
        Self { root, trailing_comments }
    }
}

/// A scalar, a mapping or a sequence, with where and how it was written.
///
/// Aliases are expanded: where the text says `*name` the tree holds a copy of the anchored node, whose
/// [`alias`](Node::alias) tells the name and whose [`span`](Node::span) covers the alias.
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub(crate) kind: Kind,
    pub(crate) span: Span,
    pub(crate) extra: Option<Box<Extra>>,
}

/// The rarely present parts of a node, boxed to keep nodes small.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Extra {
    pub(crate) tag: Option<String>,
    pub(crate) anchor: Option<String>,
    pub(crate) alias: Option<String>,
    pub(crate) comments: Comments,
}

/// The content of a [`Node`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Kind {
    /// Text, with the notation it was written in.
    Scalar(Scalar),
    /// Pairs of key and value, in the order of the text; duplicates and merge keys are kept.
    Mapping(Mapping),
    /// Items.
    Sequence(Sequence),
}

/// The text of a scalar after escapes and folding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Scalar {
    /// The text.
    pub value: String,
    /// How it was written.
    pub style: ScalarStyle,
}

/// The entries of a mapping.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Mapping {
    /// Keys and values, in order.
    pub entries: Vec<(Node, Node)>,
    /// Whether the mapping was written as `{…}`.
    pub flow: bool,
}

/// The items of a sequence.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Sequence {
    /// Items, in order.
    pub items: Vec<Node>,
    /// Whether the sequence was written as `[…]`.
    pub flow: bool,
}

/// The notation of a scalar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScalarStyle {
    /// `text`
    Plain,
    /// `'text'`
    SingleQuoted,
    /// `"text"`
    DoubleQuoted,
    /// `|` and the lines below it.
    Literal,
    /// `>` and the lines below it.
    Folded,
}

/// A half-open range of the source text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Span {
    /// Byte offset of the first byte.
    pub start: u32,
    /// Byte offset after the last byte.
    pub end: u32,
    /// Line of `start`, counted from one.
    pub line: u32,
    /// Column of `start` in characters, counted from one.
    pub column: u32,
}

/// Comments that belong to a node, each without its `#`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Comments {
    /// Whole-line comments above the node; for an entry of a block mapping they are on its key.
    pub head: Vec<String>,
    /// The comment behind the node on its line.
    pub line: Option<String>,
}

static NO_COMMENTS: Comments = Comments { head: Vec::new(), line: None };

impl Node {
    pub(crate) fn new(kind: Kind, span: Span) -> Self {
        Self { kind, span, extra: None }
    }

    pub(crate) fn null(span: Span) -> Self {
        Self::new(Kind::Scalar(Scalar { value: String::new(), style: ScalarStyle::Plain }), span)
    }

    pub(crate) fn extra_mut(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    /// Returns the content.
    #[must_use]
    pub fn kind(&self) -> &Kind {
        &self.kind
    }

    /// Returns where the node stands in the text.
    ///
    /// The span of a quoted scalar includes its quotes, that of a block scalar its header.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// Returns the explicit tag, in short form where it has one (`!!str`, `!local`).
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.extra.as_deref()?.tag.as_deref()
    }

    /// Returns the name of the anchor defined here.
    #[must_use]
    pub fn anchor(&self) -> Option<&str> {
        self.extra.as_deref()?.anchor.as_deref()
    }

    /// Returns the name of the anchor this node was copied from, if the text has an alias here.
    #[must_use]
    pub fn alias(&self) -> Option<&str> {
        self.extra.as_deref()?.alias.as_deref()
    }

    /// Returns the comments above and behind the node.
    #[must_use]
    pub fn comments(&self) -> &Comments {
        self.extra.as_deref().map_or(&NO_COMMENTS, |extra| &extra.comments)
    }

    /// Returns the text of a scalar.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        self.as_scalar().map(|scalar| scalar.value.as_str())
    }

    /// Returns the scalar, if it is one.
    #[must_use]
    pub fn as_scalar(&self) -> Option<&Scalar> {
        match &self.kind {
            Kind::Scalar(scalar) => Some(scalar),
            _ => None,
        }
    }

    /// Returns the entries of a mapping; empty for other nodes.
    #[must_use]
    pub fn entries(&self) -> &[(Node, Node)] {
        match &self.kind {
            Kind::Mapping(mapping) => &mapping.entries,
            _ => &[],
        }
    }

    /// Returns the items of a sequence; empty for other nodes.
    #[must_use]
    pub fn items(&self) -> &[Node] {
        match &self.kind {
            Kind::Sequence(sequence) => &sequence.items,
            _ => &[],
        }
    }

    /// Returns the value of the first entry whose key is the scalar `key`; merge keys are not followed.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entries().iter().find(|(name, _)| name.as_str() == Some(key)).map(|(_, value)| value)
    }

    /// Returns whether this is a plain null (`null`, `~` or nothing).
    #[must_use]
    pub fn is_null(&self) -> bool {
        match &self.kind {
            Kind::Scalar(scalar) => match self.tag() {
                Some(tag) => tag == "!!null",
                None => {
                    scalar.style == ScalarStyle::Plain
                        && matches!(scalar.value.as_str(), "" | "~" | "null" | "Null" | "NULL")
                }
            },
            _ => false,
        }
    }
}
