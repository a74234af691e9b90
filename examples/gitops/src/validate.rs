// SPDX-License-Identifier: Apache-2.0

use std::collections::BTreeMap;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use gitops_api::schema::{Admission, FieldValidation, Schema, duplicate_fields, to_json};
use gitops_toolkit::yaml::{Dialect, Kind, Limits, Node, read_documents, read_values};
use serde_json::{Value, json};

use crate::Failed;

/// Check manifests of the toolkit's kinds as an API server would, with no cluster.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// What unknown and duplicate fields are.
    #[arg(long, value_enum, default_value_t = Fields::Strict)]
    field_validation: Fields,
    /// Which write to judge; all but `create` need `--old`.
    #[arg(long, value_enum, default_value_t = Verb::Create)]
    verb: Verb,
    /// The stored object that an update replaces.
    #[arg(long, value_name = "FILE")]
    old: Option<PathBuf>,
    /// How to print the findings.
    #[arg(long, value_enum, default_value_t = Output::Text)]
    output: Output,
    /// Read the definitions from the files of this folder instead.
    #[arg(long, value_name = "DIR", hide = true)]
    crds: Option<PathBuf>,
    /// Files with one or more documents, YAML or JSON; `-` is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// Print objects as an API server would store them.
#[derive(Debug, Args)]
pub(crate) struct Defaulted {
    /// Read the definitions from the files of this folder instead.
    #[arg(long, value_name = "DIR", hide = true)]
    crds: Option<PathBuf>,
    /// A file with one or more documents, YAML or JSON; `-` is the standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Fields {
    Strict,
    Warn,
    Ignore,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Verb {
    Create,
    Update,
    Status,
}

#[derive(Clone, Copy, Debug, PartialEq, ValueEnum)]
enum Output {
    Text,
    Json,
}

/// Checks the files; the exit code says whether everything would be stored.
pub(crate) fn run(args: &Validate) -> Result<ExitCode, Failed> {
    let mut definitions = Definitions::load(args.crds.as_deref())?;
    let old = match &args.old {
        Some(path) => read(path)?.documents.into_iter().next(),
        None if args.verb == Verb::Create => None,
        None => return Err(Failed::from(std::io::Error::other("--verb update and status need --old FILE"))),
    };
    let mut refused = false;
    for path in &args.files {
        let file = read(path)?;
        for (index, document) in file.documents.iter().enumerate() {
            let mut object = document.clone();
            let (api_version, kind) = type_of(&object);
            let finding = if let Some(schema) = definitions.schema(&api_version, &kind)? {
                let admission = admit(schema, &mut object, old.as_ref(), args);
                let duplicates = if index == 0 { file.duplicates.as_slice() } else { &[] };
                Finding::new(&admission, args.field_validation, duplicates)
            } else if let Some(message) = definitions.stray(&object) {
                Finding::undecodable(message)
            } else {
                eprintln!("{}: {api_version} {kind} is not known and left alone", path.display());
                continue;
            };
            refused |= !finding.accepted;
            match args.output {
                Output::Json => writeln!(std::io::stdout().lock(), "{}", to_json(&finding.json()))?,
                Output::Text => finding.print(path, &file, index, document)?,
            }
        }
    }
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

/// Prints the objects of a file with pruning and defaults applied.
pub(crate) fn run_defaulted(args: &Defaulted) -> Result<ExitCode, Failed> {
    let mut definitions = Definitions::load(args.crds.as_deref())?;
    let file = read(&args.file)?;
    let mut refused = false;
    for mut object in file.documents {
        let (api_version, kind) = type_of(&object);
        if let Some(schema) = definitions.schema(&api_version, &kind)? {
            let admission = schema.admit_create(&mut object, FieldValidation::Ignore);
            refused |= !admission.is_accepted();
            if let Some(problem) = &admission.malformed {
                eprintln!("{}: {problem}", args.file.display());
            }
            for violation in &admission.violations {
                eprintln!("{}: {violation}", args.file.display());
            }
        } else {
            eprintln!("{}: {api_version} {kind} is not known and left alone", args.file.display());
        }
        writeln!(std::io::stdout().lock(), "{}", to_json(&object))?;
    }
    Ok(if refused { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn admit(schema: &Schema, object: &mut Value, old: Option<&Value>, args: &Validate) -> Admission {
    let fields = match args.field_validation {
        Fields::Strict => FieldValidation::Strict,
        Fields::Warn => FieldValidation::Warn,
        Fields::Ignore => FieldValidation::Ignore,
    };
    let mut old = old.cloned().unwrap_or_default();
    schema.read(&mut old);
    match args.verb {
        Verb::Create => schema.admit_create(object, fields),
        Verb::Update => schema.admit_update(object, &old, fields),
        Verb::Status => schema.admit_status(object, &old, fields),
    }
}

fn type_of(object: &Value) -> (String, String) {
    let text = |key: &str| object[key].as_str().unwrap_or_default().to_owned();
    (text("apiVersion"), text("kind"))
}

/// What is printed about one document.
struct Finding {
    accepted: bool,
    /// The answer to a body that cannot be decoded.
    message: Option<String>,
    causes: Vec<(String, String, &'static str)>,
    unknown: Vec<String>,
    warnings: Vec<String>,
}

impl Finding {
    fn new(admission: &Admission, fields: Fields, duplicates: &[String]) -> Self {
        let message = admission.decoding_error(duplicates);
        let accepted = admission.is_accepted() && message.is_none();
        let warned = matches!(fields, Fields::Warn);
        let duplicates =
            duplicates.iter().filter(|_| warned).map(|path| format!("duplicate field \"{path}\""));
        let causes = admission
            .violations
            .iter()
            .map(|violation| (violation.field.clone(), violation.message.clone(), violation.reason.as_str()));
        Self {
            accepted,
            causes: causes.collect(),
            unknown: if message.is_some() { admission.unknown_fields.clone() } else { Vec::new() },
            warnings: duplicates.chain(admission.warnings.iter().cloned()).collect(),
            message,
        }
    }

    fn undecodable(message: String) -> Self {
        Self {
            accepted: false,
            message: Some(message),
            causes: Vec::new(),
            unknown: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn json(&self) -> Value {
        let causes: Vec<Value> = self
            .causes
            .iter()
            .map(|(field, message, reason)| json!({"reason": reason, "field": field, "message": message}))
            .collect();
        json!({
            "verdict": if self.accepted { "accepted" } else { "rejected" },
            "message": self.message,
            "causes": causes,
            "unknownFields": self.unknown,
            "warnings": self.warnings,
        })
    }

    fn print(&self, path: &Path, file: &File, index: usize, object: &Value) -> Result<(), Failed> {
        let name = object["metadata"]["name"].as_str().unwrap_or_default();
        let subject = format!("{}/{name}", object["kind"].as_str().unwrap_or_default());
        let node = file.node(index);
        let line = |field: &str| node.as_ref().map_or(1, |node| line_of(node, field));
        let mut out = std::io::stdout().lock();
        let shown = path.display();
        let unknown = self.unknown.iter().map(|field| (field, "unknown field"));
        for (field, message) in unknown {
            writeln!(out, "{shown}:{}: {subject}: {field}: {message}", line(field))?;
        }
        if let Some(message) = self.message.as_ref().filter(|_| self.unknown.is_empty()) {
            writeln!(out, "{shown}:{}: {subject}: {message}", line(""))?;
        }
        for (field, message, _) in &self.causes {
            writeln!(out, "{shown}:{}: {subject}: {field}: {message}", line(field))?;
        }
        for warning in &self.warnings {
            writeln!(out, "{shown}:{}: {subject}: warning: {warning}", line(""))?;
        }
        Ok(())
    }
}

/// Finds the line of a field, or of the nearest parent that is there.
fn line_of(node: &Node, field: &str) -> u32 {
    let mut node = node;
    let mut line = node.span().line;
    let mut rest = field;
    while !rest.is_empty() {
        let step = rest.trim_start_matches('.');
        let next = if let Some(inner) = step.strip_prefix('[') {
            let Some((index, after)) = inner.split_once(']') else { break };
            let item = index.parse().ok().and_then(|index: usize| node.items().get(index));
            item.map(|item| (item, item.span().line, after))
        } else {
            let keys = node.entries().iter().filter_map(|(key, value)| {
                let name = key.as_str().filter(|name| !name.is_empty())?;
                let after = step.strip_prefix(name)?;
                (after.is_empty() || after.starts_with(['.', '['])).then_some((value, key.span().line, after))
            });
            keys.max_by_key(|(_, _, after)| std::cmp::Reverse(after.len()))
        };
        let Some((child, at, after)) = next else { break };
        (node, line, rest) = (child, at, after);
    }
    if matches!(node.kind(), Kind::Mapping(_)) && line == 0 { node.span().line } else { line }
}

/// A file of documents.
struct File {
    bytes: Vec<u8>,
    documents: Vec<Value>,
    duplicates: Vec<String>,
}

impl File {
    fn node(&self, index: usize) -> Option<Node> {
        let documents = read_documents(&self.bytes, &Limits::default()).ok()?;
        documents.into_iter().nth(index).map(|document| document.root)
    }
}

/// Reads JSON as JSON and everything else as YAML; lists are taken apart.
fn read(path: &Path) -> Result<File, Failed> {
    let mut bytes = Vec::new();
    if path == Path::new("-") {
        std::io::stdin().lock().read_to_end(&mut bytes)?;
    } else {
        bytes = std::fs::read(path)?;
    }
    let json = std::str::from_utf8(&bytes).ok().filter(|text| text.trim_start().starts_with('{'));
    if let Some((text, value)) = json.and_then(|text| Some((text, serde_json::from_str(text).ok()?))) {
        let duplicates = duplicate_fields(text);
        return Ok(File { documents: vec![value], duplicates, bytes });
    }
    let documents = read_values(&bytes, Dialect::V2, &Limits::default())?;
    Ok(File { documents, duplicates: Vec::new(), bytes })
}

/// The known kinds, compiled when they are first met.
struct Definitions {
    crds: Vec<Value>,
    compiled: BTreeMap<(String, String), Schema>,
}

impl Definitions {
    fn load(dir: Option<&Path>) -> Result<Self, Failed> {
        let crds = match dir {
            None => gitops_api::crds(),
            Some(dir) => {
                let mut paths: Vec<PathBuf> = std::fs::read_dir(dir)?
                    .map(|entry| entry.map(|entry| entry.path()))
                    .collect::<Result<_, _>>()?;
                paths.sort();
                let mut crds = Vec::new();
                for path in paths {
                    crds.extend(read(&path)?.documents);
                }
                crds
            }
        };
        Ok(Self { crds, compiled: BTreeMap::new() })
    }

    /// Returns the schema of a kind, which may differ in the case of letters.
    fn schema(&mut self, api_version: &str, kind: &str) -> Result<Option<&Schema>, Failed> {
        let (group, version) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let names = |crd: &&Value| {
            crd["spec"]["group"] == group
                && crd["spec"]["names"]["kind"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(kind))
        };
        let Some(crd) = self.crds.iter().find(names).filter(|crd| has_version(crd, version)) else {
            return Ok(None);
        };
        let name = crd["spec"]["names"]["kind"].as_str().unwrap_or_default().to_owned();
        let key = (api_version.to_owned(), name);
        if !self.compiled.contains_key(&key) {
            self.compiled.insert(key.clone(), compile(crd, version)?);
        }
        Ok(self.compiled.get(&key))
    }

    /// Returns what is wrong with the type of an object that no definition has, if it was meant for one: it names no
    /// type, a version that is not there, or has the kind and all the fields of a definition of another group.
    fn stray(&self, object: &Value) -> Option<String> {
        let text = |field: &str| match &object[field] {
            Value::Null => Some(""),
            Value::String(text) => Some(text.as_str()),
            _ => None,
        };
        let (Some(api_version), Some(kind)) = (text("apiVersion"), text("kind")) else {
            return Some("apiVersion and kind must be strings".to_owned());
        };
        if kind.is_empty() {
            return Some("Object 'Kind' is missing".to_owned());
        }
        let (group, _) = api_version.rsplit_once('/').unwrap_or(("", api_version));
        let crd = self.crds.iter().find(|crd| crd["spec"]["names"]["kind"] == kind)?;
        let version =
            crd["spec"]["versions"].as_array()?.iter().find_map(|version| version["name"].as_str())?;
        let schema = compile(crd, version).ok()?;
        let fits = || schema.prune(&mut object.clone()).is_empty();
        let meant = api_version.is_empty() || group == schema.group() || fits();
        let expected = schema.api_version();
        meant.then(|| {
            format!("the API version in the data ({api_version}) does not match the expected API version ({expected})")
        })
    }
}

fn has_version(crd: &Value, version: &str) -> bool {
    crd["spec"]["versions"].as_array().into_iter().flatten().any(|known| known["name"] == version)
}

fn compile(crd: &Value, version: &str) -> Result<Schema, Failed> {
    Schema::for_crd(crd, version).map_err(|problems| {
        let text: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Failed::from(std::io::Error::other(text.join("; ")))
    })
}
