// SPDX-License-Identifier: Apache-2.0

//! What has to be done about one object.

use gitops_manifest::{Manifest, ObjectId};
use serde_json::Value;

use crate::change::Action;
use crate::cluster::Cluster;
use crate::cluster::kinds::Kind;
use crate::cluster::verified::{canonical, digest, fingerprint};
use crate::error::{Error, ErrorKind, code_of, is_immutable, message_of};
use crate::health::needs_metadata_only;
use crate::options::Options;
use crate::{drift, surgery};

/// One desired object on its way.
#[derive(Debug)]
pub(crate) struct Step {
    pub(crate) desired: Manifest,
    pub(crate) id: ObjectId,
    pub(crate) digest: String,
    pub(crate) kind: Option<Kind>,
    pub(crate) state: State,
}

/// What is to be done.
#[derive(Debug)]
pub(crate) enum State {
    /// Left alone.
    Skipped,
    /// As desired already; the resourceVersion that was seen.
    Unchanged(Option<String>),
    /// To be written.
    Write(Write),
    /// Not known before an earlier stage has been applied.
    Deferred,
    /// The server refuses it.
    Failed(Error),
}

#[derive(Debug)]
pub(crate) struct Write {
    pub(crate) action: Action,
    /// A JSON patch that cleans the live object up first.
    pub(crate) cleanup: Option<Vec<Value>>,
    /// The live object that must be deleted first, since it cannot be changed in place.
    pub(crate) replaces: Option<Value>,
    /// The body to apply where it differs from what is desired.
    pub(crate) body: Option<Value>,
}

impl Step {
    pub(crate) fn new(desired: Manifest, options: &Options, options_digest: &str) -> Self {
        let digest = digest(&[
            options.field_manager.as_bytes(),
            options_digest.as_bytes(),
            canonical(desired.value()).as_bytes(),
        ]);
        Self { id: desired.id(), desired, digest, kind: None, state: State::Deferred }
    }

    pub(crate) fn action(&self) -> Action {
        match &self.state {
            State::Skipped => Action::Skipped,
            State::Unchanged(_) => Action::Unchanged,
            State::Write(write) => write.action,
            State::Deferred => Action::Created,
            State::Failed(_) => Action::Unknown,
        }
    }

    /// Finds out what has to be done. Nothing is written.
    pub(crate) async fn prepare(&mut self, cluster: &Cluster, options: &Options) {
        self.state = match self.examine(cluster, options).await {
            Ok(state) => state,
            Err(error) => State::Failed(error),
        };
    }

    async fn examine(&mut self, cluster: &Cluster, options: &Options) -> Result<State, Error> {
        let kind = self.resolve(cluster).await?;
        if options.excluded.matches(self.desired.value()) {
            return Ok(State::Skipped);
        }
        let watch = cluster.watch(&kind).await;
        if let Some(record) = watch.as_ref().and_then(|watch| watch.find(&self.id)) {
            if self.left_alone(&record.metadata, options) {
                return Ok(State::Skipped);
            }
            if cluster.verified().fingerprint(&self.id, &self.digest).as_ref() == Some(&record.fingerprint) {
                return Ok(State::Unchanged(Some(record.resource_version.clone())));
            }
        } else if watch.is_none()
            && let Some(version) = self.unchanged_since(cluster, &kind).await
        {
            return Ok(State::Unchanged(Some(version)));
        }
        match cluster.apply(&kind, self.desired.value(), &options.field_manager, true).await {
            Ok(result) => self.compare(cluster, &kind, options, &result).await,
            Err(error) => self.refused(cluster, &kind, options, error).await,
        }
    }

    async fn resolve(&mut self, cluster: &Cluster) -> Result<Kind, Error> {
        let (api_version, kind) = (self.desired.api_version(), self.desired.kind());
        let subject = self.id.subject();
        let found = cluster.kind(api_version, kind).await.map_err(|error| {
            let transient = Error::failed(ErrorKind::Read, &subject, "discovery", error);
            transient.transient()
        })?;
        let Some(found) = found else {
            let text = format!(
                "{subject} dry-run failed: no matches for kind \"{kind}\" in version \"{api_version}\""
            );
            return Err(Error::new(ErrorKind::DryRun, text));
        };
        if found.namespaced && self.id.namespace.is_empty() {
            let text = format!(
                "{subject} namespace not specified: the server could not find the requested resource"
            );
            return Err(Error::new(ErrorKind::DryRun, text));
        }
        if !found.namespaced && !self.id.namespace.is_empty() {
            if let Some(metadata) =
                self.desired.value_mut().get_mut("metadata").and_then(Value::as_object_mut)
            {
                metadata.remove("namespace");
            }
            self.id.namespace.clear();
        }
        self.kind = Some(found.clone());
        Ok(found)
    }

    /// Asks for the metadata of an object that is not watched: if it is as it was verified, a dry run would tell nothing new.
    async fn unchanged_since(&self, cluster: &Cluster, kind: &Kind) -> Option<String> {
        let known = cluster.verified().fingerprint(&self.id, &self.digest)?;
        let live = cluster.get_metadata(kind, &self.id.namespace, &self.id.name).await.ok()??;
        let version = live.pointer("/metadata/resourceVersion").and_then(Value::as_str)?;
        (known == fingerprint(&live)).then(|| version.to_owned())
    }

    fn left_alone(&self, live: &Value, options: &Options) -> bool {
        options.excluded.matches(live) || options.if_not_present.matches(self.desired.value())
    }

    async fn live(&self, cluster: &Cluster, kind: &Kind) -> Result<Option<Value>, Error> {
        let read = cluster.get(kind, &self.id.namespace, &self.id.name).await;
        read.map_err(|error| Error::failed(ErrorKind::Read, &self.id.subject(), "get", error))
    }

    async fn compare(
        &self,
        cluster: &Cluster,
        kind: &Kind,
        options: &Options,
        result: &Value,
    ) -> Result<State, Error> {
        let create = || Write { action: Action::Created, cleanup: None, replaces: None, body: None };
        if result.pointer("/metadata/resourceVersion").and_then(Value::as_str).is_none_or(str::is_empty) {
            return Ok(State::Write(create()));
        }
        let Some(live) = self.live(cluster, kind).await? else { return Ok(State::Write(create())) };
        if self.left_alone(&live, options) {
            return Ok(State::Skipped);
        }
        let shared = options.merged.matches(self.desired.value()) || options.merged.matches(&live);
        let cleanup =
            if shared { None } else { surgery::patch(&live, &options.field_manager, &options.cleanup) };
        let drifted = drift::drifted(&live, result, &options.ignore);
        if cleanup.is_none() && !drifted {
            cluster.verified().record(&self.id, &self.digest, &live);
            let version = live.pointer("/metadata/resourceVersion").and_then(Value::as_str);
            return Ok(State::Unchanged(version.map(str::to_owned)));
        }
        let body = (!options.ignore.is_empty()).then(|| {
            let mut body = self.desired.value().clone();
            drift::correct(&mut body, &live, result, &options.ignore, &options.field_manager);
            body
        });
        Ok(State::Write(Write { action: Action::Configured, cleanup, replaces: None, body }))
    }

    async fn refused(
        &self,
        cluster: &Cluster,
        kind: &Kind,
        options: &Options,
        error: kube::Error,
    ) -> Result<State, Error> {
        let live = self.live(cluster, kind).await.ok().flatten();
        if let Some(live) = live {
            if self.left_alone(&live, options) {
                return Ok(State::Skipped);
            }
            if is_immutable(&error) && options.forces(self.desired.value(), &live) {
                let write =
                    Write { action: Action::Created, cleanup: None, replaces: Some(live), body: None };
                return Ok(State::Write(write));
            }
        }
        Err(Error::dry_run(&self.id.subject(), self.id.namespace.is_empty() && kind.namespaced, error))
    }

    /// Writes what was found to be necessary and returns the resourceVersion that the object has then.
    pub(crate) async fn write(
        &mut self,
        cluster: &Cluster,
        options: &Options,
    ) -> Result<Option<String>, Error> {
        let State::Write(write) = &self.state else { return Ok(None) };
        let Some(kind) = self.kind.clone() else { return Ok(None) };
        let subject = self.id.subject();
        let failed = |error| Error::failed(ErrorKind::Apply, &subject, "apply", error);
        let _busy = cluster.verified().busy(&self.id);
        if let Some(live) = &write.replaces {
            self.replace(cluster, &kind, options, live).await?;
        }
        if let Some(cleanup) = &write.cleanup {
            self.clean(cluster, &kind, options, cleanup).await.map_err(failed)?;
        }
        let body = write.body.as_ref().unwrap_or_else(|| self.desired.value());
        let result = cluster.apply(&kind, body, &options.field_manager, false).await.map_err(failed)?;
        cluster.verified().record(&self.id, &self.digest, &result);
        Ok(result.pointer("/metadata/resourceVersion").and_then(Value::as_str).map(str::to_owned))
    }

    /// Cleans up; when somebody wrote in between, once more on what is there then.
    async fn clean(
        &self,
        cluster: &Cluster,
        kind: &Kind,
        options: &Options,
        cleanup: &[Value],
    ) -> Result<(), kube::Error> {
        let (namespace, name) = (&self.id.namespace, &self.id.name);
        let mut operations = cleanup.to_vec();
        for last in [false, false, true] {
            match cluster.json_patch(kind, namespace, name, &operations, &options.field_manager).await {
                Ok(_) => return Ok(()),
                Err(error) if last || !matches!(code_of(&error), 409 | 422) => return Err(error),
                Err(_) => {}
            }
            let Some(live) = cluster.get(kind, namespace, name).await? else { return Ok(()) };
            match surgery::patch(&live, &options.field_manager, &options.cleanup) {
                Some(again) => operations = again,
                None => return Ok(()),
            }
        }
        Ok(())
    }

    /// Deletes an object that cannot be changed in place and waits until it is gone.
    async fn replace(
        &self,
        cluster: &Cluster,
        kind: &Kind,
        options: &Options,
        live: &Value,
    ) -> Result<(), Error> {
        let subject = self.id.subject();
        let delete = cluster.delete(kind, live).await;
        delete.map_err(|error| Error::failed(ErrorKind::Delete, &subject, "delete", error))?;
        crate::wait::gone(cluster, kind, &self.id, options.stage_timeout).await.map_err(|cause| {
            let text = cause.map_or_else(|| "timed out".to_owned(), |cause| message_of(&cause));
            Error::new(ErrorKind::Delete, format!("{subject} termination timeout: {text}")).transient()
        })
    }
}

/// Returns whether an object's kind says all about its health in its metadata.
pub(crate) fn is_simple(desired: &Manifest) -> bool {
    needs_metadata_only(desired.api_version(), desired.kind())
}
