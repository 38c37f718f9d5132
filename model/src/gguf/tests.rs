use super::write::Writer;
use super::*;

/// A small file with metadata of every type and two tensors.
fn sample() -> Writer {
    let mut w = Writer::default();
    w.entry("general.architecture", &Value::String("llama".into()))
        .entry("a.bool", &Value::Bool(true))
        .entry("a.f64", &Value::F64(0.5))
        .entry("a.u32", &Value::U32(7))
        .entry("a.strings", &Value::Array(Array::String(vec!["x".into(), String::new(), "é".into()])))
        .entry("a.i32s", &Value::Array(Array::I32(vec![-1, 2])))
        .tensor("first", &[32, 2], TensorType::Q8_0, &[0.25; 64])
        .tensor("second", &[3], TensorType::F32, &[1.0, 2.0, 3.0]);
    w
}

fn code(bytes: &[u8]) -> &'static str {
    File::parse(bytes).expect_err("must be refused").code()
}

/// The code of the refusal of `sample()` after `change`.
fn refused(change: impl FnOnce(&mut Writer)) -> &'static str {
    let mut w = sample();
    change(&mut w);
    code(&w.bytes())
}

#[test]
fn what_is_written_is_read() {
    let bytes = sample().bytes();
    let file = File::parse(&bytes).unwrap();
    let meta = file.metadata();
    assert_eq!(meta.required::<&str>("general.architecture").unwrap(), "llama");
    assert!(meta.required::<bool>("a.bool").unwrap());
    assert_eq!(meta.get("a.f64"), Some(&Value::F64(0.5)));
    assert_eq!(meta.required::<&[String]>("a.strings").unwrap(), ["x", "", "é"]);
    assert_eq!(meta.required::<&[i32]>("a.i32s").unwrap(), [-1, 2]);
    assert_eq!(meta.optional::<u32>("absent").unwrap(), None);
    assert_eq!(meta.iter().count(), 6);
    let [first, second] = file.tensors() else { panic!("two tensors") };
    assert_eq!((first.dims.as_slice(), first.kind, first.bytes), ([32, 2].as_slice(), TensorType::Q8_0, 68));
    assert_eq!(second.start % 32, 0);
    assert_eq!(file.tensor_bytes(second).unwrap()[..4], 1f32.to_le_bytes());
}

#[test]
#[cfg(feature = "files")]
fn a_mapped_file_gives_the_same_bytes() {
    let bytes = sample().bytes();
    let mut path = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut path, &bytes).unwrap();
    let (mapped, parsed) = (File::open(path.path()).unwrap(), File::parse(&bytes).unwrap());
    assert_eq!(mapped.header(), parsed.header());
    for t in parsed.tensors() {
        assert_eq!(*mapped.tensor_bytes(t).unwrap(), *parsed.tensor_bytes(t).unwrap());
    }
    // A file that shrinks after it was opened is noticed before it is mapped.
    path.as_file().set_len(100).unwrap();
    assert_eq!(mapped.tensor_bytes(&parsed.tensors()[0]).err().unwrap().code(), "gguf.tensor_bounds");
    path.as_file().set_len(0).unwrap();
    assert_eq!(File::open(path.path()).unwrap_err().code(), "gguf.truncated");
    assert_eq!(File::open(path.path().join("no")).unwrap_err().code(), "gguf.io");
}

#[test]
fn every_truncation_is_an_error() {
    let bytes = sample().bytes();
    let end = File::parse(&bytes).unwrap().tensors()[1].range().end as usize;
    for len in 0..end {
        let code = code(&bytes[..len]);
        assert!(matches!(code, "gguf.truncated" | "gguf.tensor_bounds"), "{len} bytes: {code}");
    }
    // Padding after the last tensor may be absent or longer.
    assert!(File::parse(&bytes[..end]).is_ok());
    assert!(File::parse(&[bytes.as_slice(), &[1; 99]].concat()).is_ok());
}

#[test]
fn no_damaged_byte_panics() {
    let bytes = sample().bytes();
    let end = File::parse(&bytes).unwrap().tensors()[0].start as usize;
    for at in 0..end {
        for value in [0, 1, 9, 0x7f, 0x80, 0xff] {
            let mut damaged = bytes.clone();
            damaged[at] = value;
            if let Ok(file) = File::parse(&damaged) {
                file.tensors().iter().for_each(|t| assert!(file.tensor_bytes(t).is_ok()));
            }
        }
    }
}

#[test]
fn huge_counts_and_lengths_are_refused_before_anything_is_allocated() {
    for huge in [1 << 63, u64::MAX, 1 << 40] {
        assert_eq!(refused(|w| w.entry_count = Some(huge)), "gguf.truncated");
        assert_eq!(refused(|w| w.tensor_count = Some(huge)), "gguf.truncated");
        let length = huge.to_le_bytes().to_vec();
        assert_eq!(refused(|w| w.entries.push(("s".into(), 8, length.clone()))), "gguf.truncated");
        let array = [&10u32.to_le_bytes()[..], &length].concat();
        assert_eq!(refused(|w| w.entries.push(("s".into(), 9, array))), "gguf.truncated");
        assert_eq!(refused(|w| w.tensors[1].dims = vec![huge, huge]), "gguf.dims");
        assert_eq!(refused(|w| w.tensors[1].offset = Some(huge)), "gguf.offset");
    }
    assert_eq!(refused(|w| w.tensors[1].dims = vec![1 << 60]), "gguf.tensor_bounds");
}

#[test]
fn foreign_files_are_refused_by_name() {
    assert_eq!(code(b"PK\x03\x04 and more"), "gguf.magic");
    assert_eq!(refused(|w| w.version = 2), "gguf.version");
    assert_eq!(refused(|w| w.version = 4), "gguf.version");
    assert_eq!(refused(|w| w.version = 3u32.swap_bytes()), "gguf.big_endian");
}

#[test]
fn damaged_metadata_is_refused() {
    let entry = |id: u32, bytes: &[u8]| {
        let entry = ("k".to_owned(), id, bytes.to_vec());
        refused(|w| w.entries.push(entry))
    };
    assert_eq!(entry(13, &[0; 8]), "gguf.value_type");
    assert_eq!(entry(9, &[13, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), "gguf.value_type");
    assert_eq!(entry(9, &[9, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), "gguf.nested_array");
    assert_eq!(entry(7, &[2]), "gguf.bool");
    assert_eq!(entry(8, &[1, 0, 0, 0, 0, 0, 0, 0, 0xff]), "gguf.utf8");
    assert_eq!(refused(|w| _ = w.entry("a.u32", &Value::U32(8))), "gguf.duplicate_key");
    assert_eq!(refused(|w| _ = w.entry("", &Value::U32(8))), "gguf.name_length");
    assert_eq!(refused(|w| _ = w.entry(&"k".repeat(70_000), &Value::U32(8))), "gguf.name_length");
}

#[test]
fn a_key_of_another_type_is_named() {
    let bytes = sample().bytes();
    let file = File::parse(&bytes).unwrap();
    let error = file.metadata().required::<u32>("a.f64").unwrap_err();
    assert_eq!(
        (error.code(), error.to_string()),
        ("gguf.key_type", "metadata key `a.f64` must be u32, it is f64".into())
    );
    let error = file.metadata().optional::<&[i32]>("a.strings").unwrap_err();
    assert_eq!(error.to_string(), "metadata key `a.strings` must be array of i32, it is array of string");
    assert_eq!(file.metadata().required::<u32>("absent").unwrap_err().code(), "gguf.missing_key");
}

#[test]
fn an_alignment_is_used_or_refused() {
    let with = |alignment: u32| {
        let mut w = sample();
        w.entry("general.alignment", &Value::U32(alignment));
        w.alignment = if alignment.is_power_of_two() { alignment } else { 32 };
        w.bytes()
    };
    for good in [8, 64, 4096] {
        assert!(File::parse(&with(good)).unwrap().tensors().iter().all(|t| t.start % u64::from(good) == 0));
    }
    for bad in [0, 4, 24, 1 << 20] {
        assert_eq!(code(&with(bad)), "gguf.alignment", "{bad}");
    }
    assert_eq!(refused(|w| _ = w.entry("general.alignment", &Value::U64(32))), "gguf.key_type");
}

#[test]
fn damaged_tensors_are_refused() {
    assert_eq!(refused(|w| w.tensors[1].name = "first".into()), "gguf.duplicate_tensor");
    assert_eq!(refused(|w| w.tensors[1].name = String::new()), "gguf.name_length");
    assert_eq!(refused(|w| w.tensors[1].name = "x".repeat(64)), "gguf.name_length");
    assert_eq!(refused(|w| w.tensors[0].dims = vec![]), "gguf.dim_count");
    assert_eq!(refused(|w| w.tensors[0].dims = vec![32, 1, 1, 1, 2]), "gguf.dim_count");
    assert_eq!(refused(|w| w.tensors[0].dims = vec![32, 0]), "gguf.dims");
    assert_eq!(refused(|w| w.tensors[0].dims = vec![16, 4]), "gguf.dims");
    // Neither overlap nor a gap.
    assert_eq!(refused(|w| w.tensors[1].offset = Some(64)), "gguf.offset");
    assert_eq!(refused(|w| w.tensors[1].offset = Some(128)), "gguf.offset");
}

#[test]
fn other_tensor_types_are_refused_by_their_name() {
    let supported: Vec<u32> = TensorType::ALL.iter().map(|t| t.id()).collect();
    for (id, name) in [(10, "Q2_K"), (11, "Q3_K"), (23, "IQ4_XS"), (39, "MXFP4"), (4, "Q4_2"), (99, "number 99")] {
        assert!(!supported.contains(&id));
        let mut w = sample();
        w.tensors[1].kind = id;
        let error = File::parse(&w.bytes()).err().unwrap();
        assert_eq!(error.code(), "gguf.unsupported_type");
        assert!(error.to_string().contains(&format!("`second` has type {name}")), "{error}");
    }
    assert_eq!(TensorType::ALL.map(TensorType::name)[7..], ["Q4_K", "Q5_K", "Q6_K", "BF16"]);
}
