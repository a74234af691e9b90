// SPDX-License-Identifier: Apache-2.0

//! ConfigMaps and Secrets out of literals and files.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::{Error, ErrorKind};
use crate::kustomization::{GeneratorArgs, GeneratorOptions};
use crate::node::{Kind, Node, Scalar, Style, Tag};
use crate::resource::{Behavior, Resource};
use crate::schema::Schema;

/// Reads a file by the path a generator gives.
pub(crate) type Load<'l> = &'l mut dyn FnMut(&str) -> Result<Vec<u8>, Error>;

/// Adds the options of the kustomization to those of one generator.
pub(crate) fn with_defaults(args: &GeneratorArgs, defaults: Option<&GeneratorOptions>) -> GeneratorArgs {
    let mut args = args.clone();
    let Some(defaults) = defaults else { return args };
    let options = args.options.get_or_insert_default();
    for (own, default) in
        [(&mut options.labels, &defaults.labels), (&mut options.annotations, &defaults.annotations)]
    {
        for pair in default {
            if !own.iter().any(|(key, _)| *key == pair.0) {
                own.push(pair.clone());
            }
        }
        own.sort();
    }
    options.disable_hash |= defaults.disable_hash;
    options.immutable |= defaults.immutable;
    args
}

/// Makes a ConfigMap, or a Secret.
pub(crate) fn generate(
    args: &GeneratorArgs,
    secret: bool,
    schema: &Schema,
    load: Load<'_>,
) -> Result<Resource, Error> {
    let kind = if secret { "Secret" } else { "ConfigMap" };
    let mut node = Node::map();
    node.set("apiVersion", Node::string("v1"));
    node.set("kind", Node::string(kind));
    if args.name.is_empty() {
        return Err(Error::new(ErrorKind::Kustomization, "a configmap must have a name"));
    }
    if let Some(metadata) = node.get_or_create("metadata", Kind::Map) {
        metadata.set("name", Node::string(&args.name));
        if !args.namespace.is_empty() {
            metadata.set("namespace", Node::string(&args.namespace));
        }
    }
    if secret {
        let kind = if args.secret_type.is_empty() { "Opaque" } else { &args.secret_type };
        node.set("type", Node::string(kind));
    }
    let data = data(args, load)?;
    if secret {
        node.get_or_create("data", Kind::Map);
    }
    for (key, value) in data {
        if secret {
            put(&mut node, "data", &key, encode(&value));
        } else {
            match String::from_utf8(value) {
                Ok(text) => put(&mut node, "data", &key, text),
                Err(error) => put(&mut node, "binaryData", &key, encode(error.as_bytes())),
            }
        }
    }
    let mut resource = Resource::new(node, schema);
    if let Some(options) = &args.options {
        set_options(&mut resource.node, options);
    }
    resource.generated = true;
    resource.needs_hash = !args.options.as_ref().is_some_and(|options| options.disable_hash);
    resource.behavior = match args.behavior.as_str() {
        "replace" => Behavior::Replace,
        "merge" => Behavior::Merge,
        _ => Behavior::Create,
    };
    resource.refresh(schema);
    Ok(resource)
}

fn set_options(node: &mut Node, options: &GeneratorOptions) {
    for (field, pairs) in [("labels", &options.labels), ("annotations", &options.annotations)] {
        for (key, value) in pairs {
            let map =
                node.get_or_create("metadata", Kind::Map).and_then(|m| m.get_or_create(field, Kind::Map));
            if let Some(map) = map {
                map.set(key, Node::string(value));
            }
        }
    }
    if options.immutable {
        node.set("immutable", Node::Scalar(Scalar::typed("true", Tag::Bool)));
    }
}

fn put(node: &mut Node, field: &str, key: &str, text: String) {
    let style = if text.contains('\n') { Style::Literal } else { Style::Plain };
    let text: Arc<str> = text.into();
    if let Some(map) = node.get_or_create(field, Kind::Map) {
        map.set(key, Node::Scalar(Scalar { text, tag: Tag::Str, style, tagged: false, group: 0 }));
    }
}

/// Base64, in lines of seventy columns where one is not enough.
fn encode(bytes: &[u8]) -> String {
    const WIDTH: usize = 70;
    let encoded = STANDARD.encode(bytes);
    if encoded.len() < WIDTH {
        return encoded;
    }
    let mut out = String::with_capacity(encoded.len() + encoded.len() / WIDTH + 1);
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(WIDTH));
        out.push_str(line);
        out.push('\n');
        rest = more;
    }
    out
}

/// Keys and values from all sources, sorted by key.
fn data(args: &GeneratorArgs, load: Load<'_>) -> Result<Vec<(String, Vec<u8>)>, Error> {
    let step = |error: Error, sources: &str, list: &[String]| {
        error.within(format!("{sources} [{}]", list.join(" "))).within("loading KV pairs")
    };
    let mut pairs = Vec::new();
    for path in &args.envs {
        let content = load(path).map_err(|error| step(error, "env source files:", &args.envs))?;
        read_env(&content, &mut pairs).map_err(|error| step(error, "env source files:", &args.envs))?;
    }
    for literal in &args.literals {
        let pair = read_literal(literal).map_err(|error| step(error, "literal sources", &args.literals))?;
        pairs.push(pair);
    }
    for source in &args.files {
        let pair = read_file(source, load).map_err(|error| step(error, "file sources:", &args.files))?;
        pairs.push(pair);
    }
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    if let Some(pair) = pairs.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        return Err(Error::new(
            ErrorKind::Kustomization,
            format!("configmap {} illegally repeats the key `{}`", args.name, pair[0].0),
        ));
    }
    Ok(pairs)
}

fn read_literal(source: &str) -> Result<(String, Vec<u8>), Error> {
    match source.split_once('=') {
        Some((key, value)) if !key.is_empty() => {
            let quoted = |quote: char| {
                (value.len() >= 2).then(|| value.strip_prefix(quote)?.strip_suffix(quote)).flatten()
            };
            let value = quoted('"').or_else(|| quoted('\'')).unwrap_or(value);
            // Upstream hands literals on as YAML text, in which a next-line character folds.
            Ok((key.to_owned(), value.replace('\u{85}', " ").into_bytes()))
        }
        _ => Err(Error::new(
            ErrorKind::Kustomization,
            format!("invalid literal source {source}, expected key=value"),
        )),
    }
}

fn read_file(source: &str, load: Load<'_>) -> Result<(String, Vec<u8>), Error> {
    let wrong = |text: String| Err(Error::new(ErrorKind::Kustomization, text));
    let (key, path) = match source.split('=').collect::<Vec<_>>().as_slice() {
        [path] => {
            let trimmed = path.trim_end_matches('/');
            (trimmed.rsplit('/').next().unwrap_or(trimmed).to_owned(), (*path).to_owned())
        }
        ["", path] => {
            return wrong(format!("missing key name for file path \"{path}\" in source \"{source}\""));
        }
        [key, ""] => {
            return wrong(format!("missing file path for key name \"{key}\" in source \"{source}\""));
        }
        [key, path] => ((*key).to_owned(), (*path).to_owned()),
        _ => return wrong(format!("source \"{source}\" key name or file path contains '='")),
    };
    Ok((key, load(&path)?))
}

fn read_env(content: &[u8], pairs: &mut Vec<(String, Vec<u8>)>) -> Result<(), Error> {
    for (number, line) in content.split(|&byte| byte == b'\n').enumerate() {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let line = std::str::from_utf8(line).map_err(|_| {
            Error::new(ErrorKind::Kustomization, format!("line {number} has invalid utf8 bytes"))
        })?;
        let line = if number == 0 { line.strip_prefix('\u{feff}').unwrap_or(line) } else { line };
        let line = line.trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        if !key.is_empty() {
            pairs.push((key.to_owned(), value.as_bytes().to_vec()));
        }
    }
    Ok(())
}

/// Puts the data of an older object below that of a newer one.
pub(crate) fn merge_data(node: &mut Node, old: &Node) {
    for field in ["data", "binaryData"] {
        let mut merged: Vec<(String, String)> = Vec::new();
        let mut at = std::collections::HashMap::new();
        for source in [old.get(field), node.get(field)].into_iter().flatten() {
            for entry in source.entries() {
                let text = if entry.value.is_null() { "" } else { entry.value.text() };
                match at.get(&*entry.key.text) {
                    Some(&place) => {
                        let pair: &mut (String, String) = &mut merged[place];
                        text.clone_into(&mut pair.1);
                    }
                    None => {
                        at.insert(entry.key.text.to_string(), merged.len());
                        merged.push((entry.key.text.to_string(), text.to_owned()));
                    }
                }
            }
        }
        merged.sort();
        node.remove(field);
        for (key, text) in merged {
            put(node, field, &key, text);
        }
    }
}
