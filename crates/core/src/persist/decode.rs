//! Reads the payload of a binary file: bincode 2 with integers of fixed width.
//!
//! | what | bytes |
//! |---|---|
//! | numbers | little-endian; `usize` as `u64` |
//! | `bool`, and whether an `Option` has a value | 0 or 1 |
//! | number of an enum's variant | `u32` |
//! | text, bytes, sequences, maps | how many bytes or elements as `u64`, then these |
//! | structs, tuples | their fields |
//!
//! bincode bounds what it reserves by a constant of the decoder's type. One constant for files of all sizes bounds nothing, and
//! several are as many copies of the code of every model; here, the bound is what is left of the payload.

use super::damaged;
use serde::de::value::Error;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, EnumAccess, Error as _, IntoDeserializer, MapAccess,
    SeqAccess, VariantAccess, Visitor,
};

type Result<T> = std::result::Result<T, Error>;

/// What a whole payload holds.
pub(super) fn decode<M: DeserializeOwned>(payload: &[u8]) -> crate::Result<M> {
    let mut left = Left(payload);
    let model = M::deserialize(&mut left).map_err(|e| damaged(format!("damaged: {e}")))?;
    match left.0.len() {
        0 => Ok(model),
        surplus => Err(damaged(format!("{surplus} bytes too many"))),
    }
}

/// What is left of the payload.
struct Left<'de>(&'de [u8]);

impl<'de> Left<'de> {
    fn take(&mut self, count: usize) -> Result<&'de [u8]> {
        let (taken, left) =
            self.0.split_at_checked(count).ok_or_else(|| Error::custom("it ends too early"))?;
        self.0 = left;
        Ok(taken)
    }

    fn chunk<const N: usize>(&mut self) -> Result<[u8; N]> {
        let (taken, left) = self.0.split_first_chunk().ok_or_else(|| Error::custom("it ends too early"))?;
        self.0 = left;
        Ok(*taken)
    }

    fn flag(&mut self) -> Result<bool> {
        match self.chunk()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(Error::custom(format!("{other} is neither 0 nor 1"))),
        }
    }

    fn count(&mut self) -> Result<usize> {
        let count = u64::from_le_bytes(self.chunk()?);
        usize::try_from(count).map_err(|_| Error::custom(format!("{count} elements are too many")))
    }

    fn bytes(&mut self) -> Result<&'de [u8]> {
        let count = self.count()?;
        self.take(count)
    }
}

fn text(bytes: &[u8]) -> Result<&str> {
    std::str::from_utf8(bytes).map_err(Error::custom)
}

macro_rules! numbers {
    ($($method:ident: $visit:ident($type:ty)),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
            visitor.$visit(<$type>::from_le_bytes(self.chunk()?))
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Left<'de> {
    type Error = Error;

    numbers! {
        deserialize_i8: visit_i8(i8), deserialize_i16: visit_i16(i16), deserialize_i32: visit_i32(i32),
        deserialize_i64: visit_i64(i64), deserialize_i128: visit_i128(i128),
        deserialize_u8: visit_u8(u8), deserialize_u16: visit_u16(u16), deserialize_u32: visit_u32(u32),
        deserialize_u64: visit_u64(u64), deserialize_u128: visit_u128(u128),
        deserialize_f32: visit_f32(f32), deserialize_f64: visit_f64(f64),
    }
    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_bool(self.flag()?)
    }
    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        // The first byte has as many leading ones as the character has bytes, or none for one byte.
        let width = self.0.first().map_or(1, |first| first.leading_ones().max(1)) as usize;
        match text(self.take(width)?)?.chars().next() {
            Some(c) => visitor.visit_char(c),
            None => Err(Error::custom("no character")),
        }
    }
    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_str(text(self.bytes()?)?)
    }
    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_str(visitor)
    }
    fn deserialize_bytes<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_borrowed_bytes(self.bytes()?)
    }
    fn deserialize_byte_buf<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        self.deserialize_bytes(visitor)
    }
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        if self.flag()? { visitor.visit_some(self) } else { visitor.visit_none() }
    }
    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }
    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_unit()
    }
    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value> {
        visitor.visit_newtype_struct(self)
    }
    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let count = self.count()?;
        self.deserialize_tuple(count, visitor)
    }
    fn deserialize_tuple<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value> {
        visitor.visit_seq(Elements { left: self, count })
    }
    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        count: usize,
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_tuple(count, visitor)
    }
    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value> {
        let count = self.count()?;
        visitor.visit_map(Elements { left: self, count })
    }
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_tuple(fields.len(), visitor)
    }
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        visitor.visit_enum(self)
    }
    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value> {
        Err(Error::custom("the format does not tell what comes next"))
    }
    serde::forward_to_deserialize_any! { identifier ignored_any }

    fn is_human_readable(&self) -> bool {
        false
    }
}

struct Elements<'a, 'de> {
    left: &'a mut Left<'de>,
    /// How many are to come.
    count: usize,
}

impl<'de> Elements<'_, 'de> {
    fn next<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        match self.count.checked_sub(1) {
            None => Ok(None),
            Some(rest) => {
                self.count = rest;
                seed.deserialize(&mut *self.left).map(Some)
            }
        }
    }
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>> {
        self.next(seed)
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.count.min(self.left.0.len()))
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>> {
        self.next(seed)
    }
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value> {
        seed.deserialize(&mut *self.left)
    }
    fn size_hint(&self) -> Option<usize> {
        Some(self.count.min(self.left.0.len()))
    }
}

impl<'de> EnumAccess<'de> for &mut Left<'de> {
    type Error = Error;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self)> {
        let number = u32::from_le_bytes(self.chunk()?);
        Ok((seed.deserialize(IntoDeserializer::<Error>::into_deserializer(number))?, self))
    }
}

impl<'de> VariantAccess<'de> for &mut Left<'de> {
    type Error = Error;

    fn unit_variant(self) -> Result<()> {
        Ok(())
    }
    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value> {
        seed.deserialize(self)
    }
    fn tuple_variant<V: Visitor<'de>>(self, count: usize, visitor: V) -> Result<V::Value> {
        self.deserialize_tuple(count, visitor)
    }
    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value> {
        self.deserialize_tuple(fields.len(), visitor)
    }
}
