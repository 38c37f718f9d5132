//! What a template says.

use super::value::Value;

/// Arguments of a call, with their names.
pub type Arguments<'s> = Vec<(Option<&'s str>, Expr<'s>)>;
/// Statements in order.
pub type Body<'s> = Vec<Stmt<'s>>;
/// Filters one after the other.
pub type Filters<'s> = Vec<(&'s str, Arguments<'s>)>;

/// An expression.
pub enum Expr<'s> {
    Const(Value),
    Var(&'s str),
    List(Vec<Expr<'s>>),
    Tuple(Vec<Expr<'s>>),
    Map(Vec<(Expr<'s>, Expr<'s>)>),
    Attribute(Box<Expr<'s>>, &'s str),
    Item(Box<(Expr<'s>, Expr<'s>)>),
    Slice(Box<(Expr<'s>, [Option<Expr<'s>>; 3])>),
    Call(Box<Expr<'s>>, Arguments<'s>),
    Filter(Box<Expr<'s>>, &'s str, Arguments<'s>),
    /// The last part says whether the test is negated.
    Test(Box<Expr<'s>>, &'s str, Arguments<'s>, bool),
    Not(Box<Expr<'s>>),
    Negate(Box<Expr<'s>>),
    And(Box<(Expr<'s>, Expr<'s>)>),
    Or(Box<(Expr<'s>, Expr<'s>)>),
    Binary(Binary, Box<(Expr<'s>, Expr<'s>)>),
    Compare(Box<Expr<'s>>, Vec<(Compare, Expr<'s>)>),
    /// Condition, then, else.
    If(Box<(Expr<'s>, Expr<'s>, Option<Expr<'s>>)>),
}

/// An operator that makes a value.
#[derive(Clone, Copy, PartialEq)]
pub enum Binary {
    Add,
    Sub,
    Concat,
    Mul,
    Div,
    FloorDiv,
    Rem,
    Pow,
}

/// An operator that compares.
#[derive(Clone, Copy)]
pub enum Compare {
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    In,
    NotIn,
}

/// A statement and its line.
pub struct Stmt<'s> {
    pub line: u32,
    pub what: What<'s>,
}

/// What a statement does.
pub enum What<'s> {
    Data(&'s str),
    Print(Expr<'s>),
    If(Vec<(Expr<'s>, Body<'s>)>, Body<'s>),
    For(Box<For<'s>>),
    Set(Vec<&'s str>, Expr<'s>),
    SetAttribute(&'s str, &'s str, Expr<'s>),
    SetBlock(&'s str, Filters<'s>, Body<'s>),
    Filter(Filters<'s>, Body<'s>),
    With(Vec<(&'s str, Expr<'s>)>, Body<'s>),
    /// Defines the macro of this number.
    Macro(usize),
    /// A block that only marks its text.
    Plain(Body<'s>),
    Break,
    Continue,
}

/// A loop.
pub struct For<'s> {
    pub targets: Vec<&'s str>,
    pub over: Expr<'s>,
    pub only_if: Option<Expr<'s>>,
    pub body: Body<'s>,
    pub otherwise: Body<'s>,
}

/// A macro: its parameters with their defaults.
pub struct Macro<'s> {
    pub name: &'s str,
    pub parameters: Vec<(&'s str, Option<Expr<'s>>)>,
    pub body: Body<'s>,
}

/// A whole template.
pub struct Template<'s> {
    pub body: Body<'s>,
    pub macros: Vec<Macro<'s>>,
}
