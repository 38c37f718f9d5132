//! What goes wrong without ending the work, such as a card that is left out: a line each on standard error.

use std::fmt;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

struct Lines;

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(&self, ctx: &FmtContext<'_, S, N>, mut line: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        write!(line, "warning: ")?;
        ctx.format_fields(line.by_ref(), event)?;
        writeln!(line)
    }
}

/// Prints warnings from now on.
pub fn print() {
    let lines = tracing_subscriber::fmt().with_max_level(Level::WARN).with_writer(std::io::stderr).event_format(Lines);
    // A program that calls this twice has its lines already.
    let _ = lines.try_init();
}
