//! A card at work: a thread that has the stage and does what it is sent, in order.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

use crate::error::GpuError;
use crate::layout::Share;
use crate::stage::{Fetch, Outcome, Room, Row, Stage};

/// Which piece of work an answer belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tag {
    pub pipeline: usize,
    pub stage: usize,
    pub batch: usize,
}

/// Rows for a stage.
pub struct Task {
    pub tag: Tag,
    pub rows: Vec<Row>,
    pub incoming: Vec<Vec<u32>>,
    pub trace: bool,
    pub fetch: Vec<Fetch>,
    pub reply: Sender<(Tag, Result<Outcome, GpuError>)>,
}

enum Command {
    Run(Task),
    Grow(Room, Sender<Result<(), GpuError>>),
    Check(Sender<Result<(), GpuError>>),
    #[cfg(any(test, feature = "testing"))]
    Harm(fn(&Stage)),
}

/// A stage on its own thread.
#[derive(Debug)]
pub struct Worker {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    pub name: String,
    pub share: Share,
    pub room: Room,
    /// Memory that may be used.
    pub limit: Option<u64>,
}

impl Worker {
    /// Gives `stage` a thread.
    pub fn start(stage: Stage, limit: Option<u64>) -> Worker {
        let (commands, inbox) = channel();
        let (name, share, room) = (stage.gpu().name().to_owned(), stage.share().clone(), stage.room());
        let thread = std::thread::spawn(move || work(stage, inbox));
        Worker { commands: Some(commands), thread: Some(thread), name, share, room, limit }
    }

    fn gone(&self) -> GpuError {
        GpuError::Lost { card: self.name.clone(), reason: "its thread has ended".into() }
    }

    fn send(&self, command: Command) -> Result<(), GpuError> {
        self.commands.as_ref().ok_or_else(|| self.gone())?.send(command).map_err(|_| self.gone())
    }

    /// Sends work; the answer comes on the task's channel.
    ///
    /// # Errors
    /// If the thread has ended.
    pub fn run(&self, task: Task) -> Result<(), GpuError> {
        self.send(Command::Run(task))
    }

    /// As [`Stage::grow`].
    ///
    /// # Errors
    /// If the memory does not suffice.
    pub fn grow(&mut self, room: Room) -> Result<(), GpuError> {
        let (reply, answer) = channel();
        self.send(Command::Grow(room, reply))?;
        answer.recv().map_err(|_| self.gone())??;
        self.room = room;
        Ok(())
    }

    /// As [`Stage::check_weights`].
    ///
    /// # Errors
    /// If the weights have changed in the card's memory.
    pub fn check_weights(&self) -> Result<(), GpuError> {
        let (reply, answer) = channel();
        self.send(Command::Check(reply))?;
        answer.recv().map_err(|_| self.gone())?
    }

    /// Does something bad to the stage, for tests.
    #[cfg(any(test, feature = "testing"))]
    pub fn harm(&self, how: fn(&Stage)) {
        self.send(Command::Harm(how)).expect("the worker is alive");
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn work(mut stage: Stage, inbox: Receiver<Command>) {
    for command in inbox {
        // Whoever asked may have given up.
        match command {
            Command::Run(task) => {
                let run = || stage.run(&task.rows, &task.incoming, task.trace, &task.fetch);
                // A driver's library may panic on a card that is gone; whoever asked must hear of it.
                let outcome = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| {
                    let card = stage.gpu().name().to_owned();
                    Err(GpuError::Lost { card, reason: "its driver has failed".into() })
                });
                let _ = task.reply.send((task.tag, outcome));
            }
            Command::Grow(room, reply) => drop(reply.send(stage.grow(room))),
            Command::Check(reply) => drop(reply.send(stage.check_weights())),
            #[cfg(any(test, feature = "testing"))]
            Command::Harm(how) => how(&stage),
        }
    }
}
