// SPDX-License-Identifier: Apache-2.0

//! One commit in Git becomes a ready cluster, in one command.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program talks to its user")]

mod args;
mod bench;
mod cluster;
mod controllers;
mod failed;
mod sample;
mod story;
mod timeline;
mod watch;

use std::process::ExitCode;

use clap::Parser;
use gitops_api::source::v1::GitRepository;
use gitops_testing::git;

use crate::args::Args;
use crate::cluster::Cluster;
use crate::controllers::Controllers;
use crate::failed::Failed;
use crate::story::Plan;
use crate::timeline::{Timeline, Tone};
use crate::watch::Watch;

/// Our field manager.
const MANAGER: &str = "quickstart";
/// Where the GitRepository and the Kustomizations live.
const NAMESPACE: &str = "quickstart";

#[tokio::main]
async fn main() -> ExitCode {
    let args = Args::parse();
    // Several crates of this program speak TLS; one provider serves them all.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let filter = tracing_subscriber::EnvFilter::new(&args.log_level);
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    let timeline = Timeline::new();
    let result = match args.bench_ready {
        Some(count) => bench::ready(count).await,
        None => play(&args, &timeline).await,
    };
    timeline.finish();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("quickstart: {failed}");
            ExitCode::FAILURE
        }
    }
}

async fn play(args: &Args, timeline: &Timeline) -> Result<(), Failed> {
    let dir = tempfile::Builder::new().prefix("quickstart-").tempdir()?;
    timeline.waiting("starting the cluster");
    let cluster = match &args.kubeconfig {
        Some(file) => Cluster::existing(file.clone()).await?,
        None => Cluster::embedded(args.listen, dir.path()).await?,
    };
    let kind = if cluster.server.is_some() { "embedded API server is up" } else { "connected" };
    timeline.say(Tone::Chapter, "cluster", kind);
    timeline.note(&format!(
        "           kubectl --kubeconfig {} get gitrepositories,kustomizations,deploy -A",
        cluster.kubeconfig.display()
    ));
    let crds = cluster.install_crds().await?;
    timeline.say(Tone::Step, "cluster", &format!("{crds} custom resource definitions are served"));
    let controllers = Controllers::start(&cluster.client, dir.path());
    timeline.say(Tone::Step, "controllers", "source-controller and kustomize-controller run in this process");

    let sample = if args.git_url.is_none() { Some(Sample::serve().await?) } else { None };
    let plan = plan(args, sample.as_ref(), &cluster);
    timeline.say(Tone::Chapter, "git", &format!("{} at {}", plan.branch, plan.url));
    if !plan.wait {
        timeline.note("           This cluster has no nodes: workloads are applied, but not waited for.");
    }
    let mut watch = Watch::new(&cluster.client, NAMESPACE, timeline);
    story::apply(&cluster.client, &plan).await?;
    let first = sample.as_ref().map(|sample| sample.first.as_str());
    story::all_ready(&mut watch, &plan, first, args.timeout).await?;
    timeline.say(Tone::Chapter, "cluster", "everything is Ready");
    if let Some(sample) = &sample {
        let second = sample.commit_second()?;
        timeline.say(
            Tone::Chapter,
            "git",
            &format!("commit {}: new image tag, debug Service removed", &second[..8]),
        );
        story::request::<GitRepository>(&cluster.client, story::SOURCE).await?;
        story::all_ready(&mut watch, &plan, Some(&second), args.timeout).await?;
        timeline.say(Tone::Chapter, "cluster", "the change has arrived");
        story::drift(&cluster.client, &mut watch, timeline, args.timeout).await?;
    }
    timeline.say(
        Tone::Chapter,
        "cluster",
        &format!("all is Ready after {:.1} s", timeline.elapsed().as_secs_f64()),
    );
    if !args.once {
        timeline.note(&format!(
            "           Look around with kubectl --kubeconfig {}; Ctrl-C ends.",
            cluster.kubeconfig.display()
        ));
        tokio::select! {
            () = watch.follow() => {}
            result = tokio::signal::ctrl_c() => result?,
        }
    }
    controllers.stop().await
}

fn plan(args: &Args, sample: Option<&Sample>, cluster: &Cluster) -> Plan {
    let wait = cluster.runs_workloads;
    match sample {
        Some(sample) => Plan {
            url: sample.url.clone(),
            branch: "main".into(),
            paths: sample::OVERLAYS
                .iter()
                .map(|name| ((*name).to_owned(), format!("./app/{name}")))
                .collect(),
            wait,
        },
        None => Plan {
            url: args.git_url.clone().unwrap_or_default(),
            branch: args.branch.clone(),
            paths: vec![("app".to_owned(), args.path.clone())],
            wait,
        },
    }
}

/// The sample repository, served over smart HTTP on loopback.
struct Sample {
    repository: git::Repository,
    url: String,
    first: String,
    _server: git::Server,
}

impl Sample {
    async fn serve() -> Result<Self, Failed> {
        let repository = git::Repository::create()?;
        let files = sample::FIRST.iter().map(|(path, text)| (*path, Some(*text)));
        let first = repository.commit("Add the application", files)?;
        let server = git::Server::start(&repository).await?;
        Ok(Self { repository, url: server.url(), first, _server: server })
    }

    fn commit_second(&self) -> Result<String, Failed> {
        let changed = sample::SECOND.iter().map(|(path, text)| (*path, Some(*text)));
        let removed = sample::SECOND_REMOVED.iter().map(|path| (*path, None));
        Ok(self.repository.commit("Update podinfo, drop the debug Service", changed.chain(removed))?)
    }
}
