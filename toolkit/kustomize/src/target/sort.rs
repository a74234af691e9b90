// SPDX-License-Identifier: Apache-2.0

use std::collections::HashMap;

use crate::config::{FIRST, LAST, sort_text};
use crate::error::{Error, ErrorKind};
use crate::kustomization::SortOptions;
use crate::resource::ResourceList;

/// Orders as the root kustomization wants.
pub(super) fn apply(list: &mut ResourceList, options: &SortOptions) -> Result<(), Error> {
    match (options.order.as_str(), &options.legacy) {
        ("fifo", None) => Ok(()),
        ("fifo", Some(_)) => Err(Error::new(
            ErrorKind::Kustomization,
            "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
        )),
        ("legacy", None) => {
            legacy(list);
            Ok(())
        }
        ("legacy", Some((first, last))) => {
            by_kind(list, first, last);
            Ok(())
        }
        _ => Err(Error::new(
            ErrorKind::Kustomization,
            "the field 'sortOptions.order' must be one of [fifo, legacy]",
        )),
    }
}

/// The order that kubectl uses unless told otherwise.
pub(super) fn legacy(list: &mut ResourceList) {
    by_kind(list, &FIRST, &LAST);
}

fn by_kind<S: AsRef<str>>(list: &mut ResourceList, first: &[S], last: &[S]) {
    let mut ranks: HashMap<&str, i64> = HashMap::new();
    for (at, kind) in (0i64..).zip(first) {
        ranks.insert(kind.as_ref(), at - i64::try_from(first.len()).unwrap_or(i64::MAX));
    }
    for (at, kind) in (1i64..).zip(last) {
        ranks.insert(kind.as_ref(), at);
    }
    list.sort_by_key(|resource| {
        let id = resource.id();
        let or =
            |mark: &'static str, text: &str| if text.is_empty() { mark.to_owned() } else { text.to_owned() };
        (
            ranks.get(&*id.gvk.kind).copied().unwrap_or(0),
            sort_text(&id.gvk),
            format!("{}|{}|{}", id.gvk, or("~X", &id.namespace), or("~N", &id.name)),
        )
    });
}
