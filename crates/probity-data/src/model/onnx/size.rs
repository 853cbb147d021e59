//! How much memory a file may take when it is decoded. A message of two bytes becomes a
//! structure of hundreds, so messages are counted in the encoded file before any is decoded.
//!
//! The wire format: protobuf.dev/programming-guides/encoding.

/// More than the largest language models have. Each decodes to less than 400 bytes.
const LARGEST_NUMBER_OF_MESSAGES: usize = 500_000;

/// Names of nodes' inputs and outputs, and strings of attributes: 24 to 32 bytes each. A forest
/// has a string per node.
const LARGEST_NUMBER_OF_STRINGS: usize = 20_000_000;

/// The messages whose fields are walked.
#[derive(Clone, Copy)]
enum Kind {
    Model,
    Function,
    Graph,
    Node,
    Attribute,
    Tensor,
    Value,
    Type,
    TensorType,
    Shape,
    /// Small, and without messages inside.
    Leaf,
}

/// What a length-delimited field holds.
enum Field {
    Message(Kind),
    Strings,
    Other,
}

impl Kind {
    fn field(self, number: u64) -> Field {
        let inside = match (self, number) {
            (Self::Model, 7) => Self::Graph,
            (Self::Model, 8 | 14) | (Self::Shape, 1) => Self::Leaf,
            (Self::Model, 25) => Self::Function,
            (Self::Graph, 1) | (Self::Function, 7) => Self::Node,
            (Self::Graph, 5) | (Self::Attribute, 5) => Self::Tensor,
            (Self::Graph, 11 | 12) => Self::Value,
            (Self::Node, 5) => Self::Attribute,
            (Self::Value, 2) => Self::Type,
            (Self::Type, 1) => Self::TensorType,
            (Self::TensorType, 2) => Self::Shape,
            (Self::Node, 1 | 2)
            | (Self::Attribute, 9 | 11)
            | (Self::Tensor, 6 | 13)
            | (Self::Graph, 15) => return Field::Strings,
            _ => return Field::Other,
        };
        Field::Message(inside)
    }
}

#[derive(Default)]
struct Counts {
    messages: usize,
    strings: usize,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Size {
    Bounded,
    TooLarge,
    /// Not messages at all.
    Malformed,
}

pub(crate) fn size_of(bytes: &[u8]) -> Size {
    size_as(bytes, Kind::Model)
}

/// Of a graph inside of a node.
pub(crate) fn size_of_graph(bytes: &[u8]) -> Size {
    size_as(bytes, Kind::Graph)
}

fn size_as(bytes: &[u8], kind: Kind) -> Size {
    let mut counts = Counts::default();
    let walked = count(bytes, kind, &mut counts);
    if counts.messages > LARGEST_NUMBER_OF_MESSAGES || counts.strings > LARGEST_NUMBER_OF_STRINGS {
        return Size::TooLarge;
    }
    match walked {
        Some(()) => Size::Bounded,
        None => Size::Malformed,
    }
}

/// Recurses as deep as kinds are nested, nine at most. Groups, which nothing writes any more,
/// are malformed: what is in them would not be counted.
fn count(mut bytes: &[u8], kind: Kind, counts: &mut Counts) -> Option<()> {
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let length = match key & 7 {
            0 => {
                varint(&mut bytes)?;
                0
            }
            1 => 8,
            2 => usize::try_from(varint(&mut bytes)?).ok()?,
            5 => 4,
            _ => return None,
        };
        let (inside, rest) = bytes.split_at_checked(length)?;
        bytes = rest;
        if key & 7 != 2 {
            continue;
        }
        match kind.field(key >> 3) {
            Field::Message(inner) => {
                counts.messages += 1;
                count(inside, inner, counts)?;
            }
            Field::Strings => counts.strings += 1,
            Field::Other => {}
        }
    }
    Some(())
}

fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0_u64;
    for shift in (0..64).step_by(7) {
        let (byte, rest) = bytes.split_first()?;
        *bytes = rest;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A graph of `count` empty nodes: two bytes each.
    fn empty_nodes(count: usize) -> Vec<u8> {
        let graph = [0x0a, 0x00].repeat(count);
        let mut model = vec![0x3a];
        let mut length = graph.len();
        while length >= 0x80 {
            model.push(u8::try_from(length & 0x7f | 0x80).unwrap());
            length >>= 7;
        }
        model.push(u8::try_from(length).unwrap());
        model.extend(graph);
        model
    }

    #[test]
    fn a_small_file_of_very_many_nodes_is_too_large() {
        assert_eq!(size_of(&empty_nodes(1000)), Size::Bounded);
        let many = empty_nodes(LARGEST_NUMBER_OF_MESSAGES);
        assert_eq!(size_of(&many), Size::TooLarge);
        assert_eq!(size_of(&many[..many.len() - 1]), Size::Malformed);
        assert_eq!(size_of(&[0x0b, 0x0c]), Size::Malformed);
    }
}
