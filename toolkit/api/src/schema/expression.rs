// SPDX-License-Identifier: Apache-2.0

//! The boundary to the CEL interpreter: parsing, values, evaluation, and errors in the words of cel-go.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::Arc;

use kube_cel::KubeCelExt as _;
use kube_cel::cel::extractors::This;
use kube_cel::cel::objects::{Key, Map as CelMap, OptionalValue};
use kube_cel::cel::parser::{Expression as Parsed, Parser};
use kube_cel::cel::{Context, ExecutionError, FunctionContext, Value as Cel};
use serde_json::{Map, Value};

use super::node::{Additional, Node, Type};
use super::pattern::Pattern;

/// A parsed CEL expression.
pub(super) struct Expression {
    parsed: Parsed,
    uses_old_self: bool,
}

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Expression").field("uses_old_self", &self.uses_old_self).finish_non_exhaustive()
    }
}

/// What an expression is evaluated with.
pub(super) struct Bindings {
    current: Cel,
    old: Option<Cel>,
}

impl Bindings {
    /// Binds `self` and, if there is one, `oldSelf`.
    pub(super) fn new(value: &Value, old: Option<&Value>, node: &Node, root: bool) -> Self {
        Self { current: convert(value, node, root), old: old.map(|old| convert(old, node, root)) }
    }
}

impl Expression {
    pub(super) fn parse(source: &str) -> Result<Self, String> {
        let parsed = Parser::default().enable_optional_syntax(true).parse(source);
        let parsed = parsed.map_err(|problems| problems.to_string().replace("\n|", "\n |"))?;
        let uses_old_self = parsed.references().has_variable("oldSelf");
        Ok(Self { parsed, uses_old_self })
    }

    pub(super) fn uses_old_self(&self) -> bool {
        self.uses_old_self
    }

    /// Evaluates a rule.
    pub(super) fn is_true(&self, bindings: &Bindings, optional_old: bool) -> Result<bool, String> {
        match self.evaluate(bindings, optional_old)? {
            Cel::Bool(value) => Ok(value),
            _ => Err("type conversion error from the result to 'bool'".to_owned()),
        }
    }

    /// Evaluates a message; anything that is not a text counts as none.
    pub(super) fn text(&self, bindings: &Bindings, optional_old: bool) -> Option<String> {
        match self.evaluate(bindings, optional_old) {
            Ok(Cel::String(text)) => Some(text.as_ref().clone()),
            _ => None,
        }
    }

    fn evaluate(&self, bindings: &Bindings, optional_old: bool) -> Result<Cel, String> {
        BASE.with(|base| {
            let mut context = base.new_inner_scope();
            context.add_variable_from_value("self", bindings.current.clone());
            if optional_old {
                let old = bindings.old.clone().map_or_else(OptionalValue::none, OptionalValue::of);
                context.add_variable_from_value("oldSelf", Cel::Opaque(Arc::new(old)));
            } else if let Some(old) = &bindings.old {
                context.add_variable_from_value("oldSelf", old.clone());
            }
            Cel::resolve(&self.parsed, &context).map_err(|error| words(&error))
        })
    }
}

thread_local! {
    static BASE: Context<'static> = base();
    static PATTERNS: RefCell<HashMap<String, Arc<Pattern>>> = RefCell::default();
    static CONVERSIONS: [Option<Parsed>; 4] =
        ["timestamp(x)", "timestamp(x + 'T00:00:00Z')", "duration(x)", "base64.decode(x)"]
            .map(|source| Parser::default().parse(source).ok());
}

fn base() -> Context<'static> {
    let mut context = Context::default().with_all();
    context.add_function("matches", matches);
    context.add_function("size", size);
    context
}

/// `size`, which counts the code points of a text.
fn size(context: &FunctionContext<'_, '_>, This(this): This<Cel>) -> Result<i64, ExecutionError> {
    let size = match &this {
        Cel::List(items) => items.len(),
        Cel::Map(map) => map.map.len(),
        Cel::String(text) => text.chars().count(),
        Cel::Bytes(bytes) => bytes.len(),
        _ => return Err(context.error("no such overload")),
    };
    Ok(i64::try_from(size).unwrap_or(i64::MAX))
}

/// `matches` with Go's syntax. Compiled patterns are kept, since the same few come with every object.
#[expect(clippy::needless_pass_by_value, reason = "the interpreter passes arguments by value")]
fn matches(
    context: &FunctionContext<'_, '_>,
    This(this): This<Arc<String>>,
    regex: Arc<String>,
) -> Result<bool, ExecutionError> {
    const KEPT: usize = 256;
    let compiled = PATTERNS.with_borrow_mut(|patterns| {
        if let Some(pattern) = patterns.get(regex.as_str()) {
            return Ok(Arc::clone(pattern));
        }
        let pattern = Arc::new(Pattern::compile(&regex)?);
        if patterns.len() >= KEPT {
            patterns.clear();
        }
        patterns.insert(regex.as_ref().clone(), Arc::clone(&pattern));
        Ok(pattern)
    });
    match compiled {
        Ok(pattern) => Ok(pattern.is_match(&this)),
        Err(problem) => {
            let problem: super::pattern::Problem = problem;
            Err(context.error(problem.text()))
        }
    }
}

/// The error texts of cel-go.
fn words(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(key) => format!("no such key: {key}"),
        ExecutionError::DivisionByZero(_) => "division by zero".to_owned(),
        ExecutionError::RemainderByZero(_) => "modulus by zero".to_owned(),
        ExecutionError::Overflow(..) => "integer overflow".to_owned(),
        ExecutionError::IndexOutOfBounds(Cel::Int(index)) => format!("index out of bounds: {index}"),
        ExecutionError::NoSuchOverload => "no such overload".to_owned(),
        ExecutionError::FunctionError { function, message }
            if message.contains("parse error") && matches!(function.as_str(), "int" | "uint" | "double") =>
        {
            format!("type conversion error from 'string' to '{function}'")
        }
        ExecutionError::FunctionError { message, .. } => message.clone(),
        other => {
            let text = other.to_string();
            let mut chars = text.chars();
            chars.next().map(|first| first.to_lowercase().chain(chars).collect()).unwrap_or_default()
        }
    }
}

/// Converts a value as its schema types it: formats become times, durations and bytes, fields get their CEL names.
fn convert(value: &Value, node: &Node, resource: bool) -> Cel {
    match value {
        Value::Null => Cel::Null,
        Value::Bool(value) => Cel::Bool(*value),
        Value::Number(number) => {
            let float = node.types.contains(&Type::Number);
            match number.as_i64() {
                Some(value) if !float => Cel::Int(value),
                _ => {
                    let value = number.as_f64().unwrap_or_default();
                    let whole = value.fract() == 0.0 && value.abs() < 9e15;
                    if whole && node.types.contains(&Type::Integer) {
                        Cel::Int(value as i64)
                    } else {
                        Cel::Float(value)
                    }
                }
            }
        }
        Value::String(text) => convert_text(text, node),
        Value::Array(items) => {
            let plain = Node::default();
            let node = node.items.as_deref().unwrap_or(&plain);
            Cel::List(Arc::new(items.iter().map(|item| convert(item, node, node.embedded)).collect()))
        }
        Value::Object(fields) => Cel::Map(CelMap { map: Arc::new(convert_fields(fields, node, resource)) }),
    }
}

fn convert_fields(fields: &Map<String, Value>, node: &Node, resource: bool) -> HashMap<Key, Cel> {
    let plain = Node::default();
    let key = |name: &str| Key::String(Arc::new(name.to_owned()));
    let mut map = HashMap::with_capacity(fields.len());
    for (name, value) in fields {
        if let Some(property) = node.properties.get(name) {
            // An explicit null is a field that is not set.
            if let (false, Some(known)) = (value.is_null(), node.cel_names.get(name)) {
                map.insert(key(known), convert(value, property, property.embedded));
            }
        } else if let Additional::Schema(entry) = &node.additional {
            map.insert(key(name), convert(value, entry, entry.embedded));
        } else if node.properties.is_empty() && !resource {
            map.insert(key(name), convert(value, &plain, false));
        }
    }
    if resource {
        for name in ["apiVersion", "kind"] {
            let text = fields.get(name).and_then(Value::as_str).unwrap_or_default();
            map.insert(key(name), Cel::String(Arc::new(text.to_owned())));
        }
        let meta = fields.get("metadata").and_then(Value::as_object);
        let meta: HashMap<Key, Cel> = ["name", "generateName"]
            .into_iter()
            .filter_map(|name| {
                let text = meta?.get(name)?.as_str()?;
                Some((key(name), Cel::String(Arc::new(text.to_owned()))))
            })
            .collect();
        map.insert(key("metadata"), Cel::Map(CelMap { map: Arc::new(meta) }));
    }
    map
}

fn convert_text(text: &str, node: &Node) -> Cel {
    let plain = || Cel::String(Arc::new(text.to_owned()));
    let conversion = match node.format.filter(|_| !node.int_or_string).map(super::format::Format::name) {
        Some("date-time" | "datetime") => 0,
        Some("date") => 1,
        Some("duration") => 2,
        Some("byte") => 3,
        _ => return plain(),
    };
    CONVERSIONS.with(|conversions| {
        let Some(expression) = &conversions[conversion] else { return plain() };
        BASE.with(|base| {
            let mut context = base.new_inner_scope();
            context.add_variable_from_value("x", plain());
            Cel::resolve(expression, &context).unwrap_or_else(|_| plain())
        })
    })
}
