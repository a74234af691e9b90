// SPDX-License-Identifier: Apache-2.0

/// The parameters of a query string, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pairs: Vec<(String, String)>,
}

impl Query {
    pub(crate) fn parse(raw: &str) -> Self {
        let pairs = raw
            .split('&')
            .filter(|pair| !pair.is_empty())
            .map(|pair| {
                let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
                (decode(&key.replace('+', " ")), decode(&value.replace('+', " ")))
            })
            .collect();
        Self { pairs }
    }

    /// Returns the first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Returns a parameter that may be absent, as text.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// Replaces a parameter.
    pub(crate) fn set(&mut self, name: &str, value: &str) {
        self.pairs.retain(|(key, _)| key != name);
        self.pairs.push((name.to_owned(), value.to_owned()));
    }

    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.pairs.iter().filter(|(key, _)| key == name).map(|(_, value)| value.as_str()).collect()
    }

    /// Reads a boolean as the API server does: present and neither `0` nor `false`.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.get(name).map(|value| !matches!(value.to_lowercase().as_str(), "0" | "false"))
    }
}

/// Undoes percent encoding; what is not valid stays as it is.
pub(crate) fn decode(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let code = (bytes[at] == b'%').then(|| text.get(at + 1..at + 3)).flatten();
        match code.and_then(|code| u8::from_str_radix(code, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

/// Where a path leads.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Route {
    Resource(Target),
    CoreVersions,
    Groups,
    Group(String),
    Version { group: String, version: String },
    OpenApi(String),
    Other,
}

/// The resource, object or subresource that a path names.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Target {
    pub(crate) group: String,
    pub(crate) version: String,
    pub(crate) namespace: String,
    pub(crate) plural: String,
    pub(crate) name: Option<String>,
    pub(crate) subresource: Option<String>,
    /// The path had the old `/watch/` prefix.
    pub(crate) watch: bool,
    /// The path said `namespaces/NAMESPACE/`.
    pub(crate) in_namespace: bool,
}

impl Route {
    pub(crate) fn parse(path: &str) -> Self {
        if let Some(rest) = path.strip_prefix("/openapi/v3") {
            return Self::OpenApi(rest.trim_matches('/').to_owned());
        }
        let segments: Vec<String> =
            path.trim_start_matches('/').trim_end_matches('/').split('/').map(decode).collect();
        let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
        match segments.as_slice() {
            ["api"] => Self::CoreVersions,
            ["apis"] => Self::Groups,
            ["apis", group] => Self::Group((*group).to_owned()),
            ["api", version] => Self::Version { group: String::new(), version: (*version).to_owned() },
            ["apis", group, version] => {
                Self::Version { group: (*group).to_owned(), version: (*version).to_owned() }
            }
            ["api", version, rest @ ..] => Self::resource("", version, rest),
            ["apis", group, version, rest @ ..] => Self::resource(group, version, rest),
            _ => Self::Other,
        }
    }

    fn resource(group: &str, version: &str, rest: &[&str]) -> Self {
        let mut target = Target { group: group.to_owned(), version: version.to_owned(), ..Target::default() };
        let rest = match rest {
            ["watch", rest @ ..] if !rest.is_empty() => {
                target.watch = true;
                rest
            }
            rest => rest,
        };
        let own = |text: &&str| Some((*text).to_owned());
        match rest {
            ["namespaces"] => target.plural = "namespaces".to_owned(),
            ["namespaces", name] => {
                target.plural = "namespaces".to_owned();
                target.name = own(name);
            }
            ["namespaces", name, subresource @ ("status" | "finalize")] => {
                target.plural = "namespaces".to_owned();
                target.name = own(name);
                target.subresource = own(subresource);
            }
            ["namespaces", namespace, plural, rest @ ..] => {
                target.in_namespace = true;
                target.namespace = (*namespace).to_owned();
                target.plural = (*plural).to_owned();
                target.name = rest.first().and_then(own);
                target.subresource = (rest.len() > 1).then(|| rest[1..].join("/"));
            }
            [plural, rest @ ..] => {
                target.plural = (*plural).to_owned();
                target.name = rest.first().and_then(own);
                target.subresource = (rest.len() > 1).then(|| rest[1..].join("/"));
            }
            [] => return Self::Other,
        }
        Self::Resource(target)
    }
}
