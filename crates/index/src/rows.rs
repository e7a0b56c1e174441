//! Rows of the vector leg, and their shape in Arrow.

use std::{collections::BTreeSet, sync::Arc};

use arrow::{
    array::{
        Array, ArrayRef, AsArray, FixedSizeListArray, Float32Array, Int64Array, ListArray, ListBuilder, RecordBatch, StringArray,
        StringBuilder, UInt64Array,
    },
    datatypes::{DataType, Field, Float32Type, Int64Type, Schema, SchemaRef, UInt64Type},
    error::ArrowError,
};
use pinakes_types::{ChunkId, Label};

use crate::{directory::Facts, error::Result, model::IndexedChunk, resident::normalized};

/// A chunk without its text.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub id: ChunkId,
    pub doc: String,
    pub facts: Facts,
    /// Of unit length.
    pub vector: Vec<f32>,
}

impl From<&IndexedChunk> for Row {
    fn from(chunk: &IndexedChunk) -> Self {
        Self {
            id: chunk.id,
            doc: chunk.doc.0.clone(),
            facts: Facts {
                source: chunk.source.0.clone(),
                kind: chunk.kind.as_str().to_owned(),
                language: chunk.language.clone(),
                path: chunk.path.as_str().into(),
                modified: chunk.modified.0,
                labels: chunk.labels.iter().cloned().collect(),
            },
            vector: normalized(&chunk.vector),
        }
    }
}

/// Columns that opening reads; the vectors are read only where they are kept in memory.
pub(crate) const FACT_COLUMNS: [&str; 7] = ["id", "source", "kind", "language", "path", "modified", "labels"];

/// The table's columns.
pub(crate) fn schema(dimensions: usize) -> SchemaRef {
    let required = |name, data_type| Field::new(name, data_type, false);
    Arc::new(Schema::new(vec![
        required("id", DataType::UInt64),
        required("version", DataType::UInt64),
        required("doc", DataType::Utf8),
        required("source", DataType::Utf8),
        required("kind", DataType::Utf8),
        Field::new("language", DataType::Utf8, true),
        required("path", DataType::Utf8),
        required("modified", DataType::Int64),
        Field::new("labels", DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true))), true),
        required("vector", vector_type(dimensions)),
    ]))
}

fn vector_type(dimensions: usize) -> DataType {
    let size = i32::try_from(dimensions).expect("no embedding model has 2^31 dimensions");
    DataType::FixedSizeList(Arc::new(Field::new_list_field(DataType::Float32, true)), size)
}

/// Rows as one batch.
pub(crate) fn encode(rows: &[Row], dimensions: usize) -> Result<RecordBatch> {
    let strings = |of: &dyn Fn(&Row) -> &str| -> ArrayRef { Arc::new(StringArray::from_iter_values(rows.iter().map(of))) };
    let vectors = Float32Array::from_iter_values(rows.iter().flat_map(|row| row.vector.iter().copied()));
    let DataType::FixedSizeList(item, size) = vector_type(dimensions) else { unreachable!("built just above") };
    let columns: Vec<ArrayRef> = vec![
        Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.id.0))),
        Arc::new(UInt64Array::from_iter_values(rows.iter().map(|row| row.id.version().0))),
        strings(&|row| &row.doc),
        strings(&|row| &row.facts.source),
        strings(&|row| &row.facts.kind),
        Arc::new(StringArray::from_iter(rows.iter().map(|row| row.facts.language.as_deref()))),
        strings(&|row| &row.facts.path),
        Arc::new(Int64Array::from_iter_values(rows.iter().map(|row| row.facts.modified))),
        Arc::new(labels_array(rows)),
        Arc::new(FixedSizeListArray::try_new(item, size, Arc::new(vectors), None)?),
    ];
    Ok(RecordBatch::try_new(schema(dimensions), columns)?)
}

fn labels_array(rows: &[Row]) -> ListArray {
    let mut lists = ListBuilder::new(StringBuilder::new());
    for row in rows {
        for label in &row.facts.labels {
            lists.values().append_value(&label.0);
        }
        lists.append(true);
    }
    lists.finish()
}

/// The ids of a batch.
pub(crate) fn ids(batch: &RecordBatch) -> Result<Vec<u64>> {
    Ok(column(batch, "id")?.as_primitive_opt::<UInt64Type>().ok_or_else(|| wrong("id"))?.values().to_vec())
}

/// The distances of a search result.
pub(crate) fn distances(batch: &RecordBatch) -> Result<Vec<f32>> {
    Ok(column(batch, "_distance")?.as_primitive_opt::<Float32Type>().ok_or_else(|| wrong("_distance"))?.values().to_vec())
}

/// All vectors of a batch behind one another.
pub(crate) fn vectors(batch: &RecordBatch) -> Result<Vec<f32>> {
    let lists = column(batch, "vector")?.as_fixed_size_list_opt().ok_or_else(|| wrong("vector"))?;
    Ok(lists.values().as_primitive_opt::<Float32Type>().ok_or_else(|| wrong("vector"))?.values().to_vec())
}

/// The facts of each row of a batch read with [`FACT_COLUMNS`].
pub(crate) struct FactColumns<'a> {
    strings: [&'a StringArray; 4],
    modified: &'a arrow::array::PrimitiveArray<Int64Type>,
    labels: &'a ListArray,
}

impl<'a> FactColumns<'a> {
    pub(crate) fn of(batch: &'a RecordBatch) -> Result<Self> {
        let string = |name| column(batch, name).and_then(|array| array.as_string_opt::<i32>().ok_or_else(|| wrong(name)));
        Ok(Self {
            strings: [string("source")?, string("kind")?, string("language")?, string("path")?],
            modified: column(batch, "modified")?.as_primitive_opt().ok_or_else(|| wrong("modified"))?,
            labels: column(batch, "labels")?.as_list_opt().ok_or_else(|| wrong("labels"))?,
        })
    }

    pub(crate) fn row(&self, row: usize) -> Facts {
        let [source, kind, language, path] = self.strings;
        let labels: BTreeSet<Label> = if self.labels.is_null(row) {
            BTreeSet::new()
        } else {
            let values = self.labels.value(row);
            values.as_string_opt::<i32>().into_iter().flatten().flatten().map(|label| Label(label.to_owned())).collect()
        };
        Facts {
            source: source.value(row).to_owned(),
            kind: kind.value(row).to_owned(),
            language: language.is_valid(row).then(|| language.value(row).to_owned()),
            path: path.value(row).into(),
            modified: self.modified.value(row),
            labels,
        }
    }
}

fn column<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a ArrayRef> {
    batch.column_by_name(name).ok_or_else(|| ArrowError::SchemaError(format!("the table has no column {name}")).into())
}

fn wrong(name: &str) -> crate::error::IndexError {
    ArrowError::SchemaError(format!("column {name} is not of the type it was written with")).into()
}
