//! What the engine gets to see of a program: each of its tasks alone, walked through again and again.

use std::collections::{HashMap, HashSet, VecDeque};

use heldby_script::{Acquire, Attempt, Op, Position, Scenario, Step};

use super::brute::{Model, State, at, waits};
use super::program::{Action, Program, Task, held};

/// How the arms of a task are told to the engine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arms {
    Marked,
    Unmarked,
}

/// The run of a program: every step that a task can do alone is in it.
pub(crate) fn run(program: &Program, arms: Arms) -> Scenario {
    let mut steps = Vec::new();
    for (number, task) in program.tasks.iter().enumerate() {
        let mut left = Steps::of(task);
        let mut walk = 0;
        while !left.is_empty() {
            let thread = format!("T{number}_{walk}");
            steps.extend(Walk::new(program, task, thread, arms).take(&mut left));
            walk += 1;
        }
    }
    Scenario { steps }
}

/// The steps that a task can do alone: the line that does each, and where that leads.
struct Steps {
    from: HashMap<State, Vec<(usize, State)>>,
    /// Those that no walk has done.
    new: HashSet<(State, usize)>,
}

impl Steps {
    fn of(task: &Task) -> Self {
        let model = Model::new(std::slice::from_ref(task));
        let (mut from, mut new) = (HashMap::new(), HashSet::new());
        let mut left = vec![model.start()];
        while let Some(state) = left.pop() {
            if from.contains_key(&state) {
                continue;
            }
            let lines = 0..state.len();
            let next = lines.filter_map(|line| Some((line, model.step(&state, line)?)));
            let next: Vec<_> = next.collect();
            new.extend(next.iter().map(|&(line, _)| (state.clone(), line)));
            left.extend(next.iter().map(|(_, next)| next.clone()));
            from.insert(state, next);
        }
        Self { from, new }
    }

    fn is_empty(&self) -> bool {
        self.new.is_empty()
    }

    /// The step from `state` that leads to a new one by the shortest way, or any; `None` at the end.
    fn next(&mut self, state: &State) -> Option<(usize, State)> {
        let firsts = self.from[state].iter();
        let mut ways: VecDeque<_> = firsts.map(|step| (step, state, step.0, &step.1)).collect();
        let mut seen = HashSet::new();
        let mut found = None;
        while let Some((first, at, line, next)) = ways.pop_front() {
            if self.new.contains(&(at.clone(), line)) {
                found = Some(first);
                break;
            }
            if seen.insert(next) {
                let further = self.from[next].iter();
                ways.extend(further.map(|(line, after)| (first, next, *line, after)));
            }
        }
        let found = found.or(self.from[state].first())?.clone();
        self.new.remove(&(state.clone(), found.0));
        Some(found)
    }
}

/// One walk through a task.
struct Walk<'a> {
    program: &'a Program,
    task: &'a Task,
    model: Model<'a>,
    state: State,
    thread: String,
    arms: Arms,
    /// The arm that is polled now.
    polled: Option<usize>,
    steps: Vec<Step>,
}

impl<'a> Walk<'a> {
    fn new(program: &'a Program, task: &'a Task, thread: String, arms: Arms) -> Self {
        let model = Model::new(std::slice::from_ref(task));
        let state = model.start();
        Self {
            program,
            task,
            model,
            state,
            thread,
            arms,
            polled: None,
            steps: Vec::new(),
        }
    }

    /// Walks until nobody can go on, by steps that no walk has done where there are some.
    fn take(mut self, left: &mut Steps) -> Vec<Step> {
        self.poll_arms(0);
        while let Some((line, next)) = left.next(&self.state) {
            self.tell(line, &next);
            self.state = next;
            self.poll_arms(line);
        }
        self.steps
    }

    /// The task's own line may have come to where it polls its arms.
    fn poll_arms(&mut self, line: usize) {
        let next = self.model.next(&self.state, 0);
        let polls = matches!(next, Some(Action::Select { .. } | Action::Join));
        if line == 0 && polls && self.arms == Arms::Unmarked {
            self.push(Op::EnterUnmarked);
        }
    }

    fn push(&mut self, op: Op) {
        self.steps.push(Step {
            thread: self.thread.clone(),
            op,
            at: Position::START,
        });
    }

    /// Tells the engine of a step.
    fn tell(&mut self, line: usize, next: &State) {
        let action = self.model.next(&self.state, line).expect("it goes on");
        if line != 0 && self.polled != Some(line) {
            self.enter(line);
        }
        if waits(next[line]) {
            // A wait that the others end is told when it has ended, another one now: it never ends.
            let ends = (0..next.len()).any(|other| self.model.step(next, other).is_some());
            if ends {
                return self.suspend();
            }
        }
        match action {
            Action::Acquire { lock, mode, .. } => self.push(Op::Acquire(Acquire {
                attempt: Attempt::Block(mode),
                lock: self.program.locks[lock].clone(),
                subclass: 0,
                nest: None,
            })),
            Action::Release(lock) => self.push(Op::Release(self.program.locks[lock].clone())),
            Action::Yield => self.suspend(),
            Action::Select { .. } | Action::Join => {
                if self.arms == Arms::Unmarked {
                    self.push(Op::LeaveUnmarked);
                }
            }
            Action::Cancel => self.cancel(),
        }
        let ended = self.model.next(next, line).is_none();
        if line != 0 && ended {
            self.leave(Op::EndArm);
        }
    }

    fn enter(&mut self, arm: usize) {
        self.polled = Some(arm);
        if self.arms == Arms::Marked {
            self.push(Op::EnterArm(format!("arm{arm}")));
        }
    }

    fn leave(&mut self, op: Op) {
        self.polled = None;
        if self.arms == Arms::Marked {
            self.push(op);
        }
    }

    /// What is polled suspends, and with it the task.
    fn suspend(&mut self) {
        if self.polled.is_some() {
            self.leave(Op::SuspendArm);
        }
        self.push(Op::Await);
    }

    /// Each arm is polled once more, and releases what it holds.
    fn cancel(&mut self) {
        for arm in 1..self.state.len() {
            let strand = &self.task.strands[arm];
            let holds = held(strand, at(self.state[arm]));
            if at(self.state[arm]) == strand.len() {
                continue;
            }
            self.enter(arm);
            for lock in (0..self.program.locks.len()).filter(|lock| holds & 1 << lock != 0) {
                self.push(Op::Release(self.program.locks[lock].clone()));
            }
            self.leave(Op::EndArm);
        }
    }
}
