//! Metadata: typed values under unique keys.

use std::collections::BTreeMap;

use super::GgufError;
use super::cursor::Cursor;

/// Declares [`Value`] and [`Array`] with the type numbers of the format.
macro_rules! values {
    ($($id:literal $variant:ident $ty:ty, $name:literal;)*) => {
        /// A metadata value.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Value {
            $(#[doc = concat!("One ", $name, ".")] $variant($ty),)*
            /// A list of values of one type.
            Array(Array),
        }

        /// A list of metadata values of one type.
        #[derive(Clone, Debug, PartialEq)]
        pub enum Array {
            $(#[doc = concat!("A list of ", $name, ".")] $variant(Vec<$ty>),)*
        }

        impl Value {
            /// Name of the value's type.
            pub const fn type_name(&self) -> &'static str {
                match self {
                    $(Value::$variant(_) => $name,)*
                    $(Value::Array(Array::$variant(_)) => concat!("array of ", $name),)*
                }
            }

            fn read_scalar(id: u32, cursor: &mut Cursor<'_>, key: &str) -> Result<Option<Value>, GgufError> {
                Ok(Some(match id {
                    $($id => Value::$variant(<$ty as Element>::read(cursor, key)?),)*
                    _ => return Ok(None),
                }))
            }
        }

        impl Array {
            fn read(id: u32, cursor: &mut Cursor<'_>, key: &str) -> Result<Option<Array>, GgufError> {
                Ok(Some(match id {
                    $($id => {
                        let count = cursor.count(<$ty as Element>::MIN_SIZE, "metadata array")?;
                        let mut items = Vec::with_capacity(count);
                        for _ in 0..count {
                            items.push(<$ty as Element>::read(cursor, key)?);
                        }
                        Array::$variant(items)
                    })*
                    _ => return Ok(None),
                }))
            }
        }

        $(impl<'a> FromValue<'a> for &'a [$ty] {
            const EXPECTED: &'static str = concat!("array of ", $name);
            fn from_value(value: &'a Value) -> Option<Self> {
                match value {
                    Value::Array(Array::$variant(items)) => Some(items),
                    _ => None,
                }
            }
        })*

        #[cfg(any(test, feature = "testing"))]
        impl Value {
            /// Type number and bytes of the value, as in a file.
            pub(super) fn encode(&self) -> (u32, Vec<u8>) {
                let mut out = Vec::new();
                let id = match self {
                    $(Value::$variant(v) => { v.write(&mut out); $id })*
                    $(Value::Array(Array::$variant(items)) => {
                        out.extend(u32::to_le_bytes($id));
                        out.extend((items.len() as u64).to_le_bytes());
                        items.iter().for_each(|v| v.write(&mut out));
                        ARRAY
                    })*
                };
                (id, out)
            }
        }
    };
}

/// Type number of arrays.
const ARRAY: u32 = 9;

values! {
    0 U8 u8, "u8";
    1 I8 i8, "i8";
    2 U16 u16, "u16";
    3 I16 i16, "i16";
    4 U32 u32, "u32";
    5 I32 i32, "i32";
    6 F32 f32, "f32";
    7 Bool bool, "bool";
    8 String String, "string";
    10 U64 u64, "u64";
    11 I64 i64, "i64";
    12 F64 f64, "f64";
}

impl Value {
    pub(super) fn read(cursor: &mut Cursor<'_>, key: &str) -> Result<Value, GgufError> {
        let found = cursor.u32("metadata type")?;
        if found != ARRAY {
            return Value::read_scalar(found, cursor, key)?
                .ok_or_else(|| GgufError::ValueType { key: key.to_owned(), found });
        }
        match cursor.u32("metadata array type")? {
            ARRAY => Err(GgufError::NestedArray { key: key.to_owned() }),
            found => Ok(Value::Array(
                Array::read(found, cursor, key)?.ok_or_else(|| GgufError::ValueType { key: key.to_owned(), found })?,
            )),
        }
    }
}

/// One value as it stands in the file.
trait Element: Sized {
    /// Fewest bytes that it takes.
    const MIN_SIZE: u64;
    fn read(cursor: &mut Cursor<'_>, key: &str) -> Result<Self, GgufError>;
    #[cfg(any(test, feature = "testing"))]
    fn write(&self, out: &mut Vec<u8>);
}

macro_rules! number {
    ($($ty:ty)*) => {$(
        impl Element for $ty {
            const MIN_SIZE: u64 = size_of::<$ty>() as u64;
            fn read(cursor: &mut Cursor<'_>, _: &str) -> Result<Self, GgufError> {
                Ok(<$ty>::from_le_bytes(cursor.array("metadata value")?))
            }
            #[cfg(any(test, feature = "testing"))]
            fn write(&self, out: &mut Vec<u8>) {
                out.extend(self.to_le_bytes());
            }
        }
    )*};
}

number!(u8 i8 u16 i16 u32 i32 u64 i64 f32 f64);

impl Element for bool {
    const MIN_SIZE: u64 = 1;
    fn read(cursor: &mut Cursor<'_>, key: &str) -> Result<Self, GgufError> {
        match cursor.array("metadata value")? {
            [0] => Ok(false),
            [1] => Ok(true),
            [found] => Err(GgufError::Bool { key: key.to_owned(), found }),
        }
    }
    #[cfg(any(test, feature = "testing"))]
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
}

impl Element for String {
    const MIN_SIZE: u64 = 8;
    fn read(cursor: &mut Cursor<'_>, _: &str) -> Result<Self, GgufError> {
        Ok(cursor.string("metadata string")?.to_owned())
    }
    #[cfg(any(test, feature = "testing"))]
    fn write(&self, out: &mut Vec<u8>) {
        out.extend((self.len() as u64).to_le_bytes());
        out.extend(self.as_bytes());
    }
}

/// A Rust type that a metadata value can be asked for as. Types are exact: a `u32` key written as `i32` is refused, as
/// llama.cpp refuses it.
pub trait FromValue<'a>: Sized {
    /// Name of the type in errors.
    const EXPECTED: &'static str;
    /// The value, if it has this type.
    fn from_value(value: &'a Value) -> Option<Self>;
}

macro_rules! from_value {
    ($($ty:ty, $variant:ident, $name:literal;)*) => {$(
        impl<'a> FromValue<'a> for $ty {
            const EXPECTED: &'static str = $name;
            fn from_value(value: &'a Value) -> Option<Self> {
                match value {
                    Value::$variant(v) => Some(v.to_owned()),
                    _ => None,
                }
            }
        }
    )*};
}

from_value! {
    u32, U32, "u32";
    u64, U64, "u64";
    f32, F32, "f32";
    bool, Bool, "bool";
}

impl<'a> FromValue<'a> for &'a str {
    const EXPECTED: &'static str = "string";
    fn from_value(value: &'a Value) -> Option<Self> {
        match value {
            Value::String(v) => Some(v),
            _ => None,
        }
    }
}

/// Metadata of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Metadata(BTreeMap<String, Value>);

impl Metadata {
    pub(super) fn read(cursor: &mut Cursor<'_>, count: usize) -> Result<Self, GgufError> {
        let mut map = BTreeMap::new();
        for _ in 0..count {
            let key = cursor.name(super::MAX_KEY, "metadata key")?;
            let value = Value::read(cursor, key)?;
            if map.insert(key.to_owned(), value).is_some() {
                return Err(GgufError::DuplicateKey { key: key.to_owned() });
            }
        }
        Ok(Metadata(map))
    }

    /// The value under `key`, of whatever type.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.get(key)
    }

    /// All keys and values, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (key.as_str(), value))
    }

    /// The value under `key` where there is one; another type is an error.
    pub fn optional<'a, T: FromValue<'a>>(&'a self, key: &str) -> Result<Option<T>, GgufError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        T::from_value(value).map(Some).ok_or_else(|| GgufError::KeyType {
            key: key.to_owned(),
            expected: T::EXPECTED,
            found: value.type_name(),
        })
    }

    /// The value under `key`; absence or another type is an error.
    pub fn required<'a, T: FromValue<'a>>(&'a self, key: &str) -> Result<T, GgufError> {
        self.optional(key)?.ok_or_else(|| GgufError::MissingKey { key: key.to_owned() })
    }
}

#[cfg(any(test, feature = "testing"))]
impl FromIterator<(String, Value)> for Metadata {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(items: I) -> Self {
        Metadata(items.into_iter().collect())
    }
}
