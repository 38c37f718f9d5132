//! Checks a powers-of-tau file and says whose powers they are: `check_ptau FILE [POWERS TO KEEP]`.

use assay_circuits::srs::known;
use assay_circuits::srs::ptau::{self, Keep};
use std::error::Error;
use std::time::Instant;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let path = args.next().ok_or("usage: check_ptau FILE [POWERS TO KEEP]")?;
    let g1 = args.next().map_or(Ok(0), |n| n.parse())?;
    let mut file = std::fs::File::open(path)?;
    let start = Instant::now();
    let powers = ptau::read(&mut file, &Keep { g1, g2: [].into() }, &mut |done, all| {
        eprint!("\r{done} of {all} points");
    })?;
    eprintln!();
    let id = known::id(&powers.tau2);
    let hex: String = id.iter().map(|byte| format!("{byte:02x}")).collect();
    println!("powers 2^{} of a ceremony of 2^{}", powers.power, powers.ceremony);
    println!("id {hex} ({})", known::name(&id).unwrap_or("no known name"));
    println!("checked in {:.2} s", start.elapsed().as_secs_f64());
    Ok(())
}
