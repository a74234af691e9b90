// SPDX-License-Identifier: Apache-2.0

use crate::refusal::Refusal;

/// The form in which a client wants objects.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Form {
    Object,
    Table { beta: bool },
    Metadata { beta: bool },
    MetadataList { beta: bool },
}

/// A parsed Accept header.
#[derive(Clone, Debug)]
pub(crate) struct Accept {
    clauses: Vec<Clause>,
}

#[derive(Clone, Debug)]
struct Clause {
    media: String,
    parameters: Vec<(String, String)>,
}

pub(crate) const MEDIA: [&str; 3] =
    ["application/json", "application/yaml", "application/vnd.kubernetes.protobuf"];
const WATCH_MEDIA: [&str; 2] =
    ["application/json;stream=watch", "application/vnd.kubernetes.protobuf;stream=watch"];

impl Clause {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    fn is_json(&self) -> bool {
        matches!(self.media.as_str(), "application/json" | "*/*" | "application/json;*")
    }

    fn is_yaml(&self) -> bool {
        self.media == "application/yaml"
    }

    fn transform(&self) -> Option<Form> {
        let Some(kind) = self.parameter("as") else { return Some(Form::Object) };
        let beta = match self.parameter("v") {
            Some("v1") => false,
            Some("v1beta1") => true,
            _ => return None,
        };
        if self.parameter("g") != Some("meta.k8s.io") {
            return None;
        }
        match kind {
            "Table" => Some(Form::Table { beta }),
            "PartialObjectMetadata" => Some(Form::Metadata { beta }),
            "PartialObjectMetadataList" => Some(Form::MetadataList { beta }),
            _ => None,
        }
    }
}

fn unknown_media() -> Refusal {
    let all: Vec<&str> = MEDIA.iter().chain(&WATCH_MEDIA).copied().collect();
    let text = format!("406: Not Acceptable\n\nAvailable representations: {}", all.join(", "));
    let mut refusal = Refusal::new(406, Some("NotAcceptable"), text);
    refusal.details = Some(serde_json::json!({}));
    refusal
}

impl Accept {
    pub(crate) fn parse(header: &str) -> Self {
        let mut clauses: Vec<(f32, Clause)> = header
            .split(',')
            .filter(|clause| !clause.trim().is_empty())
            .map(|clause| {
                let mut parts = clause.split(';').map(str::trim);
                let media = parts.next().unwrap_or_default().to_owned();
                let parameters: Vec<(String, String)> = parts
                    .filter_map(|part| part.split_once('='))
                    .map(|(key, value)| (key.trim().to_owned(), value.trim().to_owned()))
                    .collect();
                let weight = parameters.iter().find(|(key, _)| key == "q");
                let weight = weight.and_then(|(_, value)| value.parse().ok()).unwrap_or(1.0);
                (weight, Clause { media, parameters })
            })
            .collect();
        clauses.sort_by(|(left, _), (right, _)| right.total_cmp(left));
        let mut clauses: Vec<Clause> = clauses.into_iter().map(|(_, clause)| clause).collect();
        if clauses.is_empty() {
            clauses.push(Clause { media: "application/json".to_owned(), parameters: Vec::new() });
        }
        Self { clauses }
    }

    /// Tells whether the answer has to be YAML.
    pub(crate) fn wants_yaml(&self) -> bool {
        self.clauses.iter().find(|clause| clause.is_json() || clause.is_yaml()).is_some_and(Clause::is_yaml)
    }

    /// Returns the form of objects and lists.
    pub(crate) fn form(&self) -> Result<Form, Refusal> {
        let usable = self.clauses.iter().filter(|clause| clause.is_json() || clause.is_yaml());
        if !self.fits() {
            return Err(unknown_media());
        }
        usable.filter_map(Clause::transform).next().ok_or_else(|| Refusal::not_acceptable(&MEDIA))
    }

    /// Returns the form of objects in watch events.
    pub(crate) fn watch_form(&self) -> Result<Form, Refusal> {
        let usable = self.clauses.iter().filter(|clause| clause.is_json());
        if !self.fits() {
            return Err(unknown_media());
        }
        usable.filter_map(Clause::transform).next().ok_or_else(|| Refusal::not_acceptable(&WATCH_MEDIA))
    }

    /// Tells whether any media type that the server writes is acceptable.
    pub(crate) fn fits(&self) -> bool {
        self.clauses.iter().any(|clause| clause.is_json() || clause.is_yaml())
    }

    /// Returns the version of aggregated discovery that is asked for before plain discovery.
    pub(crate) fn aggregated_discovery(&self) -> Option<&str> {
        for clause in &self.clauses {
            if clause.is_json() && clause.parameter("as") == Some("APIGroupDiscoveryList") {
                if clause.parameter("v") == Some("v2") && clause.parameter("g") == Some("apidiscovery.k8s.io")
                {
                    return Some("v2");
                }
            } else if clause.is_json() || clause.is_yaml() {
                return None;
            }
        }
        Some("none")
    }
}
