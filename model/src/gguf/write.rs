//! A GGUF writer for tests: correct files, and files that are wrong in one chosen way.

use super::{DEFAULT_ALIGNMENT, TensorType, VERSION, Value, quantise};

/// A tensor to write.
#[derive(Clone, Debug)]
pub struct TensorEntry {
    /// Name.
    pub name: String,
    /// Dimensions, the fastest first.
    pub dims: Vec<u64>,
    /// ggml's type number.
    pub kind: u32,
    /// Its bytes.
    pub data: Vec<u8>,
    /// Offset to claim instead of the right one.
    pub offset: Option<u64>,
}

/// A GGUF file in the making; every field may be set to something wrong.
#[derive(Clone, Debug)]
pub struct Writer {
    /// Version to claim.
    pub version: u32,
    /// Alignment of the tensors; declared as metadata only where an entry says so.
    pub alignment: u32,
    /// Metadata in file order: key, type number, bytes.
    pub entries: Vec<(String, u32, Vec<u8>)>,
    /// Tensors in file order.
    pub tensors: Vec<TensorEntry>,
    /// Number of metadata entries to claim instead of the right one.
    pub entry_count: Option<u64>,
    /// Number of tensors to claim instead of the right one.
    pub tensor_count: Option<u64>,
}

impl Default for Writer {
    fn default() -> Self {
        Writer {
            version: VERSION,
            alignment: DEFAULT_ALIGNMENT,
            entries: Vec::new(),
            tensors: Vec::new(),
            entry_count: None,
            tensor_count: None,
        }
    }
}

impl Writer {
    /// Adds a metadata entry.
    pub fn entry(&mut self, key: &str, value: &Value) -> &mut Self {
        let (id, bytes) = value.encode();
        self.entries.push((key.to_owned(), id, bytes));
        self
    }

    /// Replaces the metadata entry `key`, or adds it.
    pub fn set(&mut self, key: &str, value: &Value) -> &mut Self {
        self.unset(key).entry(key, value)
    }

    /// Removes the metadata entry `key`.
    pub fn unset(&mut self, key: &str) -> &mut Self {
        self.entries.retain(|(k, ..)| k != key);
        self
    }

    /// Adds a tensor of `kind` with the values `weights`, quantised.
    pub fn tensor(&mut self, name: &str, dims: &[u64], kind: TensorType, weights: &[f32]) -> &mut Self {
        self.raw_tensor(name, dims, kind.id(), quantise::encode(kind, weights))
    }

    /// Adds a tensor of any type number and bytes.
    pub fn raw_tensor(&mut self, name: &str, dims: &[u64], kind: u32, data: Vec<u8>) -> &mut Self {
        self.tensors.push(TensorEntry { name: name.to_owned(), dims: dims.to_vec(), kind, data, offset: None });
        self
    }

    /// The file's bytes, the last tensor padded like the others.
    pub fn bytes(&self) -> Vec<u8> {
        let mut out = b"GGUF".to_vec();
        out.extend(self.version.to_le_bytes());
        out.extend(self.tensor_count.unwrap_or(self.tensors.len() as u64).to_le_bytes());
        out.extend(self.entry_count.unwrap_or(self.entries.len() as u64).to_le_bytes());
        for (key, id, bytes) in &self.entries {
            string(&mut out, key);
            out.extend(id.to_le_bytes());
            out.extend(bytes);
        }
        let mut offset = 0;
        for t in &self.tensors {
            string(&mut out, &t.name);
            out.extend((t.dims.len() as u32).to_le_bytes());
            t.dims.iter().for_each(|d| out.extend(d.to_le_bytes()));
            out.extend(t.kind.to_le_bytes());
            out.extend(t.offset.unwrap_or(offset).to_le_bytes());
            offset += (t.data.len() as u64).next_multiple_of(self.alignment.into());
        }
        for t in &self.tensors {
            self.pad(&mut out);
            out.extend(&t.data);
        }
        self.pad(&mut out);
        out
    }

    fn pad(&self, out: &mut Vec<u8>) {
        out.resize(out.len().next_multiple_of(self.alignment as usize), 0);
    }
}

fn string(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}
