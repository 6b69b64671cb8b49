//! The types of CEL, and what is known of a value before there is one.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use crate::diagnostic::nearest;

/// How deep lists, maps and optionals are known: of what lies deeper, nothing is. No kind nests
/// them as deeply, and what is done with types goes through all of it.
const MAX_NESTING: usize = 8;

/// The types that an expression may show by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Int,
    /// A whole number that is not negative.
    Uint,
    /// A number.
    Double,
    /// A text.
    String,
    /// Bytes.
    Bytes,
    /// `null`.
    Null,
    /// A list.
    List,
    /// A map.
    Map,
    /// A span of time.
    Duration,
    /// A time.
    Timestamp,
    /// A value, or none.
    Optional,
}

impl Type {
    /// What CEL calls it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Uint => "uint",
            Self::Double => "double",
            Self::String => "string",
            Self::Bytes => "bytes",
            Self::Null => "null",
            Self::List => "list",
            Self::Map => "map",
            Self::Duration => "duration",
            Self::Timestamp => "timestamp",
            Self::Optional => "optional",
        }
    }

    pub(super) fn is_number(self) -> bool {
        matches!(self, Self::Int | Self::Uint | Self::Double)
    }
}

/// What is known of a value before there is one.
#[derive(Debug, Clone, Default)]
pub enum Declared {
    /// Nothing: it goes with everything, and what is wrong shows when it is there.
    #[default]
    Any,
    /// What an empty list holds, which goes with everything, too.
    Nothing,
    /// One of a type without parts, or one of whose parts nothing is known.
    Plain(Type),
    /// The very value.
    Constant(Constant),
    /// A list of such items.
    List(Rc<Declared>),
    /// A map from such keys to such values.
    Map(Rc<Declared>, Rc<Declared>),
    /// Fields.
    Object(Rc<dyn Fields>),
    /// Such a value, or none.
    Optional(Rc<Declared>),
}

/// A value that is known before the expression is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Constant {
    /// `true` or `false`.
    Bool(bool),
    /// A text.
    Text(Rc<str>),
}

/// The fields of a value.
pub trait Fields: fmt::Debug {
    /// What the field of that name holds; `None` where there is none.
    fn field(&self, name: &str) -> Option<Declared>;

    /// How many there are.
    fn count(&self) -> usize;

    /// The name that was probably meant by one that none has.
    fn nearest(&self, name: &str) -> Option<String>;
}

/// Fields that are listed.
#[derive(Debug, Default)]
struct Record(BTreeMap<String, Declared>);

impl Fields for Record {
    fn field(&self, name: &str) -> Option<Declared> {
        self.0.get(name).cloned()
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, self.0.keys().map(String::as_str)).map(str::to_owned)
    }
}

/// The variables of a policy, of which each sees those before it.
#[derive(Debug, Clone, Default)]
pub struct Growing(Rc<RefCell<Record>>);

impl Growing {
    /// Adds one.
    pub fn add(&self, name: &str, of: Declared) {
        self.0.borrow_mut().0.insert(name.to_owned(), of);
    }

    /// A value with the fields that are there when it is looked at.
    #[must_use]
    pub fn declared(&self) -> Declared {
        Declared::object(self.clone())
    }
}

impl Fields for Growing {
    fn field(&self, name: &str) -> Option<Declared> {
        self.0.borrow().field(name)
    }

    fn count(&self) -> usize {
        self.0.borrow().count()
    }

    fn nearest(&self, name: &str) -> Option<String> {
        self.0.borrow().nearest(name)
    }
}

impl Declared {
    /// A text.
    pub const TEXT: Self = Self::Plain(Type::String);

    /// A text that is known.
    #[must_use]
    pub fn text(text: &str) -> Self {
        Self::Constant(Constant::Text(text.into()))
    }

    /// A list of such items.
    #[must_use]
    pub fn list(item: Self) -> Self {
        Self::List(item.inside())
    }

    /// A map from strings to such values.
    #[must_use]
    pub fn map(value: Self) -> Self {
        Self::map_from(Self::TEXT, value)
    }

    /// A map from such keys, which have no parts, to such values.
    pub(super) fn map_from(key: Self, value: Self) -> Self {
        let key = if key.depth() == 0 { key.widened() } else { Self::Any };
        Self::Map(Rc::new(key), value.inside())
    }

    /// This as a part of something, unless it nests too deeply to be known.
    fn inside(self) -> Rc<Self> {
        Rc::new(if self.depth() < MAX_NESTING { self } else { Self::Any })
    }

    /// How many lists, maps and optionals lie around what is innermost.
    fn depth(&self) -> usize {
        let (mut of, mut depth) = (self, 0);
        while let Self::List(inner) | Self::Map(_, inner) | Self::Optional(inner) = of {
            of = inner;
            depth += 1;
        }
        depth
    }

    /// The fields of something.
    pub fn object(fields: impl Fields + 'static) -> Self {
        Self::Object(Rc::new(fields))
    }

    /// These fields and no others.
    #[must_use]
    pub fn record<N: Into<String>>(fields: impl IntoIterator<Item = (N, Self)>) -> Self {
        let fields = fields.into_iter().map(|(name, of)| (name.into(), of));
        Self::object(Record(fields.collect()))
    }

    pub(super) fn optional(of: Self) -> Self {
        match of {
            Self::Optional(_) => of,
            of => Self::Optional(of.inside()),
        }
    }

    /// Its type, where that is known. Fields are a map when the expression runs.
    #[must_use]
    pub fn kind(&self) -> Option<Type> {
        Some(match self {
            Self::Any | Self::Nothing => return None,
            Self::Plain(of) => *of,
            Self::Constant(Constant::Bool(_)) => Type::Bool,
            Self::Constant(Constant::Text(_)) => Type::String,
            Self::List(_) => Type::List,
            Self::Map(..) | Self::Object(_) => Type::Map,
            Self::Optional(_) => Type::Optional,
        })
    }

    /// Whether it is true, where that is known.
    #[must_use]
    pub fn truth(&self) -> Option<bool> {
        match self {
            Self::Constant(Constant::Bool(truth)) => Some(*truth),
            _ => None,
        }
    }

    /// The same of any value of the type.
    pub(super) fn widened(self) -> Self {
        match (&self, self.kind()) {
            (Self::Constant(_), Some(of)) => Self::Plain(of),
            _ => self,
        }
    }

    /// What is known of a value that is the one or the other.
    pub(super) fn or(self, other: Self) -> Self {
        let of = |a: &Rc<Self>, b: &Rc<Self>| {
            if Rc::ptr_eq(a, b) { Rc::clone(a) } else { Rc::new(Self::clone(a).or(Self::clone(b))) }
        };
        match (self.widened(), other.widened()) {
            (Self::Nothing, known) | (known, Self::Nothing) => known,
            (Self::Plain(a), Self::Plain(b)) if a == b => Self::Plain(a),
            (Self::List(a), Self::List(b)) => Self::List(of(&a, &b)),
            (Self::Map(key, a), Self::Map(other, b)) => Self::Map(of(&key, &other), of(&a, &b)),
            (Self::Optional(a), Self::Optional(b)) => Self::Optional(of(&a, &b)),
            (Self::Object(a), Self::Object(b)) if Rc::ptr_eq(&a, &b) => Self::Object(a),
            _ => Self::Any,
        }
    }

    /// Whether the two may be equal, as far as the server's type checker goes, which is lenient
    /// with numbers and `null` here.
    pub(super) fn goes_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::List(a), Self::List(b)) | (Self::Optional(a), Self::Optional(b)) => {
                Rc::ptr_eq(a, b) || a.goes_with(b)
            }
            (Self::Map(key, a), Self::Map(other, b)) => key.goes_with(other) && a.goes_with(b),
            _ => match (self.kind(), other.kind()) {
                (Some(a), Some(b)) => {
                    a == b || [a, b].contains(&Type::Null) || (a.is_number() && b.is_number())
                }
                _ => true,
            },
        }
    }
}
