//! Several jobs in one go: a folder for each, and a report when it is done.

use super::{Desk, Task, report};
use crate::session::{Event, Events};
use crate::trace::recorder::TraceRecorder;
use anyhow::{Context, Error, Result, bail};
use assay_verifier::cli::files;
use assay_verifier::cli::progress::Progress;
use serde_json::Value;
use std::path::{Component, Path, PathBuf};

/// The folder of each job file below `out`, named as the file is.
///
/// # Errors
/// If a file has no name to give, or two have the same.
pub fn folders(jobs: &[PathBuf], out: &Path) -> Result<Vec<PathBuf>> {
    let mut folders: Vec<PathBuf> = Vec::with_capacity(jobs.len());
    for job in jobs {
        let shown = job.display();
        let stem = job.file_stem().map(Path::new).with_context(|| format!("{shown} names no file"))?;
        if !matches!(stem.components().next(), Some(Component::Normal(_))) {
            bail!("{shown}: its results would go to {}: give the file another name", out.join(stem).display());
        }
        let folder = out.join(stem);
        if let Some(same) = folders.iter().position(|f| *f == folder) {
            bail!(
                "{shown} and {} would both write to {}: give one of the files another name",
                jobs[same].display(),
                folder.display()
            );
        }
        folders.push(folder);
    }
    Ok(folders)
}

/// Hears of all jobs, and writes and tells of each when it is done.
pub struct Several<'d> {
    desk: &'d Desk<'d>,
    tasks: &'d [Task],
    json: bool,
    progress: Progress,
    first_token: Vec<Option<f64>>,
    reports: Vec<Option<Value>>,
    /// Jobs whose results could not be written.
    failed: Vec<Error>,
}

impl<'d> Several<'d> {
    pub fn new(desk: &'d Desk<'d>, tasks: &'d [Task], json: bool) -> Self {
        Several {
            desk,
            tasks,
            json,
            progress: Progress::new("jobs", tasks.len() as u64),
            first_token: vec![None; tasks.len()],
            reports: vec![None; tasks.len()],
            failed: Vec::new(),
        }
    }

    /// Jobs whose results are there.
    pub fn done(&self) -> usize {
        self.reports.iter().flatten().count()
    }

    /// The reports of all jobs, in the order in which the jobs were given.
    ///
    /// # Errors
    /// If results could not be written.
    pub fn finish(self) -> Result<Vec<Value>> {
        self.progress.finish();
        let (done, all) = (self.done(), self.tasks.len());
        match self.failed.into_iter().next() {
            Some(error) => Err(error.context(format!("only {done} of {all} jobs could be written"))),
            None => Ok(self.reports.into_iter().flatten().collect()),
        }
    }

    fn end(&self, job: usize, tokens: &[u32], recorder: Option<&TraceRecorder<'_>>) -> Result<Value> {
        let task = &self.tasks[job];
        let mut stream = self.desk.opened.tokenizer.stream();
        let mut text: String = tokens.iter().map(|t| stream.push(*t)).collect();
        text.push_str(&stream.finish());
        let first_token = self.first_token[job].unwrap_or(0.0);
        let (words, value) = report(self.desk, task, text, first_token, tokens.to_vec(), recorder)?;
        if !self.json {
            let text = value["text"].as_str().unwrap_or_default();
            // A closed terminal must not end jobs that will be paid.
            let _ = files::print(&format!("{}:\n{text}\n\n{words}\n\n", task.out.display()));
        }
        Ok(value)
    }
}

impl Events for Several<'_> {
    fn event(&mut self, job: usize, event: Event) {
        if let Event::Token(_) = event {
            let elapsed = || self.desk.started.elapsed().as_secs_f64();
            self.first_token[job].get_or_insert_with(elapsed);
        }
    }

    fn finished(&mut self, job: usize, tokens: &[u32], recorder: Option<&TraceRecorder<'_>>) {
        match self.end(job, tokens, recorder) {
            Ok(value) => self.reports[job] = Some(value),
            Err(error) => self.failed.push(error),
        }
        self.progress.at(self.done() as u64);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_job_has_a_folder_of_its_own_below_the_one_named() {
        let of = |names: &[&str]| folders(&names.iter().map(PathBuf::from).collect::<Vec<_>>(), Path::new("out"));
        let two = of(&["a.job", "elsewhere/b"]).unwrap();
        assert_eq!(two, ["out/a", "out/b"].map(PathBuf::from));
        let fault = |names: &[&str]| of(names).unwrap_err().to_string();
        assert!(fault(&["a.job", "b/a.other"]).contains("b/a.other and a.job would both write to out/a"));
        assert!(fault(&["a.job", ".."]).contains("names no file"));
        // The stem of "...job" is "..".
        assert!(fault(&["a.job", "...job"]).contains("give the file another name"));
        assert!(fault(&["a.job", "..job"]).contains("give the file another name"));
    }
}
