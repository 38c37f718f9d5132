//! Numbers as the bytes that are committed.

#[cfg(target_endian = "big")]
compile_error!("committed tensors are little-endian and are hashed where they lie; big-endian machines are not served");

/// Integers without padding whose every bit pattern is valid.
pub trait Number: Copy + Default {}
impl Number for i16 {}
impl Number for i32 {}

/// Little-endian bytes of `v`, in place.
pub fn of<T: Number>(v: &[T]) -> &[u8] {
    // SAFETY: the integers of `Number` have no padding, any byte is a valid u8, and u8 needs no alignment.
    unsafe { std::slice::from_raw_parts(v.as_ptr().cast(), size_of_val(v)) }
}
