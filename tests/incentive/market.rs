//! The escrow's money: who has what when every job is settled.

/// What a job moves. c is what computing it honestly costs the rig.
#[derive(Clone, Copy, Debug)]
pub struct Money {
    /// S, reserved for this job.
    pub stake: f64,
    /// P: price of its tokens and proof fee.
    pub price: f64,
    /// c.
    pub cost: f64,
}

/// What happens to a job of which some draw was not decided in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// The escrow's: the job's own stake is lost, half of it burned, and the price goes back. Silence is no different.
    StakeEach,
    /// Not the escrow's: one stake stands behind all open jobs, so it can be lost once.
    OneStake,
    /// Not the escrow's: whoever says nothing loses the price alone.
    SilenceIsFree,
}

/// Changes of balances since before the jobs were opened; compute is not in them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Books {
    pub rig: f64,
    pub client: f64,
    pub burned: f64,
}

impl Books {
    /// What the rig has over an honest one that did all the work, having done `done` of it.
    pub fn gain(&self, terms: &Money, jobs: usize, done: f64) -> f64 {
        let jobs = jobs as f64;
        (self.rig - jobs * done * terms.cost) - jobs * (terms.price - terms.cost)
    }

    /// Whether all that left somebody is somewhere.
    pub fn balanced(&self, terms: &Money, jobs: usize) -> bool {
        (self.rig + self.client + self.burned).abs() < 1e-9 * (terms.stake + terms.price) * jobs as f64
    }
}

/// Settles jobs of the same terms; `proved` says of each whether all its draws were decided.
pub fn settle(rule: Rule, terms: &Money, proved: &[bool]) -> Books {
    let mut books = Books::default();
    let mut stakes = if rule == Rule::OneStake { 1 } else { proved.len() };
    for proved in proved {
        if *proved {
            books.rig += terms.price;
            books.client -= terms.price;
        } else if rule != Rule::SilenceIsFree && stakes > 0 {
            stakes -= 1;
            books.rig -= terms.stake;
            books.client += terms.stake / 2.0;
            books.burned += terms.stake / 2.0;
        }
    }
    books
}
