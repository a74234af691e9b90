// SPDX-License-Identifier: Apache-2.0

use gitops_api::{
    helm::v2::{DriftDetectionMode, HelmRelease, HelmReleaseSpec},
    image::v1::ImageRepository,
    kustomize::v1::{DeletionPolicy, Kustomization, KustomizationSpec},
    meta::{Duration, LocalObjectReference},
    source::v1::{
        GitRepositoryInclude, GitRepositoryVerification, GitVerificationMode, HelmChart, OCILayerOperation,
        OCIRepository,
    },
    source_extensions::v1beta1::ArtifactGenerator,
};

#[test]
fn a_kustomization_times_out_before_its_interval_and_not_too_soon() {
    let timeout = |interval: &str, timeout: Option<&str>| {
        let spec = KustomizationSpec {
            interval: interval.parse().unwrap(),
            timeout: timeout.map(|text| text.parse().unwrap()),
            ..Default::default()
        };
        Kustomization::new("k", spec).timeout().canonical()
    };
    assert_eq!(timeout("10m", None), "9m30s");
    assert_eq!(timeout("40s", None), "30s");
    assert_eq!(timeout("10m", Some("5s")), "30s");
    assert_eq!(timeout("10m", Some("1h")), "1h0m0s");
}

#[test]
fn absent_fields_of_a_kustomization_have_their_documented_meaning() {
    let spec = KustomizationSpec { interval: Duration::from_mins(3), ..Default::default() };
    let mut object = Kustomization::new("k", spec).within("team");
    assert_eq!(object.retry_interval(), Duration::from_mins(3));
    assert_eq!(object.deletion_policy(), DeletionPolicy::MirrorPrune);
    assert_eq!(object.source_namespace(), Some("team"));
    object.spec.source_ref.namespace = Some("shared".into());
    assert_eq!(object.source_namespace(), Some("shared"));
}

#[test]
fn the_old_spelling_of_a_verification_mode_means_the_commit() {
    let mode = |mode| GitRepositoryVerification { mode, ..Default::default() }.mode();
    assert_eq!(mode(None), GitVerificationMode::Head);
    assert_eq!(mode(Some(GitVerificationMode::LowercaseHead)), GitVerificationMode::Head);
    assert_eq!(mode(Some(GitVerificationMode::TagAndHead)), GitVerificationMode::TagAndHead);
}

#[test]
fn an_include_goes_to_a_directory_of_the_name_of_its_repository() {
    let mut include =
        GitRepositoryInclude { repository: LocalObjectReference::from("base"), ..Default::default() };
    assert_eq!((include.from_path(), include.to_path()), ("", "base"));
    include.to_path = Some("vendor/base".into());
    assert_eq!(include.to_path(), "vendor/base");
}

#[test]
fn absent_fields_of_sources_have_their_documented_meaning() {
    assert_eq!(OCIRepository::default().layer_operation(), OCILayerOperation::Extract);
    assert_eq!(OCIRepository::default().layer_media_type(), None);
    assert_eq!(HelmChart::default().version(), "*");
    assert_eq!(ImageRepository::default().timeout(), Duration::from_secs(1));
    let mut generator = ArtifactGenerator::default();
    assert!(!generator.is_suspended());
    let annotations = [("source.extensions.fluxcd.io/reconcile".to_owned(), "Disabled".to_owned())];
    generator.metadata.annotations = Some(annotations.into());
    assert!(generator.is_suspended());
}

#[test]
fn a_release_takes_its_names_from_its_object() {
    let mut release = HelmRelease::new("web", HelmReleaseSpec::default()).within("apps");
    assert_eq!(release.long_release_name(), "web");
    assert_eq!(release.release_namespace(), Some("apps"));
    assert_eq!(release.storage_namespace(), Some("apps"));
    assert_eq!(release.helm_chart_name(), "apps-web");
    assert_eq!(release.max_history(), 5);
    assert!(release.persistent_client());
    assert_eq!(release.drift_detection_mode(), DriftDetectionMode::Disabled);
    release.spec.target_namespace = Some("prod".into());
    assert_eq!(release.long_release_name(), "prod-web");
    assert_eq!(release.release_namespace(), Some("prod"));
    release.spec.release_name = Some("site".into());
    assert_eq!(release.long_release_name(), "site");
}
