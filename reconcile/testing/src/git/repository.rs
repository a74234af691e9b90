// SPDX-License-Identifier: Apache-2.0

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::PoisonError;

use crate::error::{Error, ErrorKind};

/// A bare repository in a temporary directory, or in one of choice, and a worktree to make commits with.
///
/// The same calls make the same commits: author, committer and dates are fixed, one minute apart.
#[derive(Debug)]
pub struct Repository {
    bare: PathBuf,
    work: PathBuf,
    commits: Mutex<u32>,
    _temporary: Option<tempfile::TempDir>,
}

impl Repository {
    /// Creates an empty repository with the branch `main`, deleted with this value.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] without a temporary directory, [`ErrorKind::Tool`] when `git` is missing or fails.
    pub fn create() -> Result<Self, Error> {
        let directory = tempfile::tempdir()
            .map_err(|error| Error::new(ErrorKind::Io, "cannot make a temporary directory", error))?;
        let mut repository = Self::create_in(directory.path(), "sample")?;
        repository._temporary = Some(directory);
        Ok(repository)
    }

    /// Creates an empty repository `NAME.git` in a directory, which stays.
    ///
    /// # Errors
    /// [`ErrorKind::Tool`] when `git` is missing or fails.
    pub fn create_in(directory: &Path, name: &str) -> Result<Self, Error> {
        let bare = directory.join(format!("{name}.git"));
        let work = directory.join(format!("{name}.work"));
        let repository = Self { bare, work, commits: Mutex::new(0), _temporary: None };
        let bare = repository.bare.to_string_lossy().into_owned();
        let work = repository.work.to_string_lossy().into_owned();
        repository.run(directory, &["init", "-q", "--bare", "-b", "main", &bare])?;
        repository.run(directory, &["init", "-q", "-b", "main", &work])?;
        repository.git(&["remote", "add", "origin", &bare])?;
        for (key, value) in [("uploadpack.allowAnySHA1InWant", "true"), ("http.receivepack", "true")] {
            repository.run(directory, &["--git-dir", &bare, "config", key, value])?;
        }
        Ok(repository)
    }

    /// Returns the bare repository.
    pub fn bare(&self) -> &Path {
        &self.bare
    }

    /// Returns the worktree.
    pub fn worktree(&self) -> &Path {
        &self.work
    }

    /// Writes files (or removes those without content), commits and pushes the current branch. Returns the commit.
    ///
    /// # Errors
    /// [`ErrorKind::Io`] when a file cannot be written, [`ErrorKind::Tool`] when `git` fails.
    pub fn commit<'a>(
        &self,
        message: &str,
        files: impl IntoIterator<Item = (&'a str, Option<&'a str>)>,
    ) -> Result<String, Error> {
        for (path, content) in files {
            self.write(path, content)?;
        }
        self.git(&["add", "-A"])?;
        self.git(&["commit", "-q", "--allow-empty", "-m", message])?;
        self.git(&["push", "-q", "origin", "HEAD"])?;
        self.head()
    }

    /// Tags the current commit with a message and pushes the tag.
    ///
    /// # Errors
    /// [`ErrorKind::Tool`] when `git` fails.
    pub fn tag(&self, name: &str) -> Result<(), Error> {
        self.git(&["tag", "-a", "-m", name, name])?;
        self.git(&["push", "-q", "origin", &format!("refs/tags/{name}")])?;
        Ok(())
    }

    /// Switches to a branch, made at the current commit when it does not exist, and pushes it.
    ///
    /// # Errors
    /// [`ErrorKind::Tool`] when `git` fails.
    pub fn branch(&self, name: &str) -> Result<(), Error> {
        if self.git(&["checkout", "-q", name]).is_err() {
            self.git(&["checkout", "-q", "-b", name])?;
            self.git(&["push", "-q", "origin", name])?;
        }
        Ok(())
    }

    /// Returns the current commit.
    ///
    /// # Errors
    /// [`ErrorKind::Tool`] when there is none.
    pub fn head(&self) -> Result<String, Error> {
        Ok(self.git(&["rev-parse", "HEAD"])?.trim().to_owned())
    }

    fn write(&self, path: &str, content: Option<&str>) -> Result<(), Error> {
        let wrap = |error| Error::new(ErrorKind::Io, format!("cannot write {path}"), error);
        let file = self.work.join(path);
        let Some(content) = content else {
            return std::fs::remove_file(&file).map_err(wrap);
        };
        if let Some(parent) = file.parent() {
            std::fs::create_dir_all(parent).map_err(wrap)?;
        }
        std::fs::write(&file, content).map_err(wrap)
    }

    /// Runs `git` in the worktree and returns what it prints.
    ///
    /// # Errors
    /// [`ErrorKind::Tool`] when it is missing or fails.
    pub fn git(&self, arguments: &[&str]) -> Result<String, Error> {
        self.run(&self.work, arguments)
    }

    fn run(&self, directory: &Path, arguments: &[&str]) -> Result<String, Error> {
        let minute = {
            let mut commits = self.commits.lock().unwrap_or_else(PoisonError::into_inner);
            if arguments.contains(&"commit") {
                *commits += 1;
            }
            *commits
        };
        let date = format!("{} +0000", 1_767_225_600 + u64::from(minute) * 60);
        let mut command = Command::new("git");
        command
            .args([
                "-c",
                "user.name=Sample",
                "-c",
                "user.email=sample@example.com",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .current_dir(directory)
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_AUTHOR_DATE", &date)
            .env("GIT_COMMITTER_DATE", &date)
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE");
        let what = || format!("git {} failed", arguments.first().unwrap_or(&""));
        let output = command.output().map_err(|error| Error::new(ErrorKind::Tool, what(), error))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        let text = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(Error::plain(ErrorKind::Tool, format!("{}: {text}", what())))
    }
}
