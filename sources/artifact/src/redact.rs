// SPDX-License-Identifier: Apache-2.0

use std::fmt;

/// An address as it may be shown in a status, an event or a log: without user, password, query and fragment.
///
/// It need not be well formed; what cannot be told apart is left out rather than shown.
///
/// ```
/// use gitops_artifact::RedactedUrl;
///
/// let url = RedactedUrl::new("https://robot:s3cret@git.example:8443/fleet?token=x#y");
/// assert_eq!(url.to_string(), "https://git.example:8443/fleet");
/// ```
#[derive(Clone, Debug, Eq, Hash, PartialEq)]
pub struct RedactedUrl(String);

impl RedactedUrl {
    /// Takes the text of an address.
    pub fn new(text: &str) -> Self {
        let Some((scheme, rest)) = text.split_once("://") else {
            // Without a scheme, as in `user@host:path`, only what is behind the last `@` is shown.
            let shown = text.rsplit_once('@').map_or(text, |(_, rest)| rest);
            return Self(before_query(shown).to_owned());
        };
        // Passwords may hold `?` and `#` when nobody encoded them, so the user is cut off first.
        let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
        // A password with a slash in it leaves its end in what looks like the path.
        let split_password = host.split_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_err());
        match path.rsplit_once('@').filter(|_| split_password && !host.starts_with('[')) {
            Some((_, host_and_path)) => Self(format!("{scheme}://{}", before_query(host_and_path))),
            None => Self(format!("{scheme}://{}", before_query(&format!("{host}{path}")))),
        }
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn before_query(text: &str) -> &str {
    &text[..text.find(['?', '#']).unwrap_or(text.len())]
}

impl fmt::Display for RedactedUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
