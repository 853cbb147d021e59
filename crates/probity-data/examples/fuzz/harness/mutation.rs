//! Changes to an input, from single bits to whole lines. Half of them know
//! what the formats are made of: delimiters, quotes, braces, numbers, lengths.

use super::random::Random;

/// Longer inputs are cut: size alone finds little and costs time.
const MAX_BYTES: usize = 64 * 1024;

/// Numbers at which parsers and counters go wrong.
const NUMBERS: &[&str] = &[
    "0",
    "-0",
    "-0.0",
    "00",
    "1.",
    ".5",
    "1e5",
    "1E+308",
    "1e309",
    "-1e999",
    "5e-324",
    "1e-999",
    "NaN",
    "-inf",
    "Infinity",
    "0x10",
    "9223372036854775807",
    "9223372036854775808",
    "-9223372036854775809",
    "18446744073709551616",
    "123456789012345678901234567890",
    "0.1234567890123456789",
    "1_000",
    "1,5",
    "+7",
    "true",
];

const BROKEN_TEXT: &[&[u8]] = &[
    b"\xff",
    b"\xc3",
    b"\xc3\x28",
    b"\xe2\x82",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98",
    b"\xf4\x90\x80\x80",
    b"\xef\xbb\xbf",
    b"\0",
    b"\x1a",
    b"\xe2\x80\xa8",
    "\u{1f600}".as_bytes(),
];

type Mutation = fn(&mut Vec<u8>, &mut Random, &Material<'_>);

/// What mutations may draw on.
pub(crate) struct Material<'a> {
    /// Pieces of the format.
    pub(crate) tokens: &'a [&'a str],
    /// An input to take a part of.
    pub(crate) other: &'a [u8],
}

const MUTATIONS: &[Mutation] = &[
    |input, random, _| flip_bit(input, random),
    |input, random, _| random_byte(input, random),
    insert_token,
    insert_token,
    replace_by_token,
    insert_broken_text,
    delete_range,
    repeat_range,
    nest,
    truncate,
    splice,
    replace_number,
    replace_number,
    swap_lines,
    repeat_line,
    change_line_ends,
    |input, random, _| overwrite_integer(input, random),
];

/// Applies one to eight changes to `input`.
pub(crate) fn mutate(input: &mut Vec<u8>, random: &mut Random, material: &Material<'_>) {
    for _ in 0..=random.below(8) {
        if let Some(mutation) = random.pick(MUTATIONS) {
            mutation(input, random, material);
        }
        input.truncate(MAX_BYTES);
    }
}

fn insert(input: &mut Vec<u8>, at: usize, piece: &[u8]) {
    let tail = input.split_off(at.min(input.len()));
    input.extend_from_slice(piece);
    input.extend_from_slice(&tail);
}

/// Start and length of a part of `input`, at most `longest` bytes.
fn range(input: &[u8], random: &mut Random, longest: usize) -> (usize, usize) {
    let start = random.below(input.len());
    (start, random.below((input.len() - start).min(longest) + 1))
}

fn flip_bit(input: &mut [u8], random: &mut Random) {
    let at = random.below(input.len());
    if let Some(byte) = input.get_mut(at) {
        *byte ^= 1 << random.below(8);
    }
}

fn random_byte(input: &mut [u8], random: &mut Random) {
    let at = random.below(input.len());
    if let Some(byte) = input.get_mut(at) {
        *byte = random.byte();
    }
}

fn insert_token(input: &mut Vec<u8>, random: &mut Random, material: &Material<'_>) {
    let at = random.below(input.len() + 1);
    if let Some(token) = random.pick(material.tokens) {
        insert(input, at, token.as_bytes());
    }
}

fn replace_by_token(input: &mut Vec<u8>, random: &mut Random, material: &Material<'_>) {
    let (start, length) = range(input, random, 8);
    input.drain(start..start + length);
    if let Some(token) = random.pick(material.tokens) {
        insert(input, start, token.as_bytes());
    }
}

fn insert_broken_text(input: &mut Vec<u8>, random: &mut Random, _: &Material<'_>) {
    let at = random.below(input.len() + 1);
    if let Some(piece) = random.pick(BROKEN_TEXT) {
        insert(input, at, piece);
    }
}

fn delete_range(input: &mut Vec<u8>, random: &mut Random, _: &Material<'_>) {
    let (start, length) = range(input, random, 64);
    input.drain(start..start + length);
}

fn repeat_range(input: &mut Vec<u8>, random: &mut Random, _: &Material<'_>) {
    let (start, length) = range(input, random, 64);
    let piece = input[start..start + length].repeat(1 + random.below(40));
    insert(input, start, &piece);
}

/// One token many times over: deep nesting, long runs of quotes.
fn nest(input: &mut Vec<u8>, random: &mut Random, material: &Material<'_>) {
    let at = random.below(input.len() + 1);
    if let Some(token) = random.pick(material.tokens) {
        let times = 1 << random.below(14);
        insert(
            input,
            at,
            &token
                .as_bytes()
                .repeat(times.min(MAX_BYTES / token.len().max(1))),
        );
    }
}

fn truncate(input: &mut Vec<u8>, random: &mut Random, _: &Material<'_>) {
    input.truncate(random.below(input.len() + 1));
}

/// The start of this input and the end of another.
fn splice(input: &mut Vec<u8>, random: &mut Random, material: &Material<'_>) {
    input.truncate(random.below(input.len() + 1));
    input.extend_from_slice(&material.other[random.below(material.other.len() + 1)..]);
}

fn replace_number(input: &mut Vec<u8>, random: &mut Random, _: &Material<'_>) {
    let from = random.below(input.len());
    let Some(start) = input[from..]
        .iter()
        .position(u8::is_ascii_digit)
        .map(|at| from + at)
    else {
        return;
    };
    let length = input[start..]
        .iter()
        .take_while(|byte| byte.is_ascii_digit() || b".eE+-".contains(byte))
        .count();
    input.drain(start..start + length);
    if let Some(number) = random.pick(NUMBERS) {
        insert(input, start, number.as_bytes());
    }
}

fn swap_lines(input: &mut Vec<u8>, random: &mut Random, _: &Material<'_>) {
    let mut lines: Vec<&[u8]> = input.split_inclusive(|byte| *byte == b'\n').collect();
    let (one, two) = (random.below(lines.len()), random.below(lines.len()));
    if one < lines.len() && two < lines.len() {
        lines.swap(one, two);
        *input = lines.concat();
    }
}

fn repeat_line(input: &mut Vec<u8>, random: &mut Random, _: &Material<'_>) {
    let lines: Vec<&[u8]> = input.split_inclusive(|byte| *byte == b'\n').collect();
    if let Some(line) = random.pick(&lines) {
        let repeated = line.repeat(1 + random.below(100));
        input.extend_from_slice(&repeated);
    }
}

fn change_line_ends(input: &mut Vec<u8>, random: &mut Random, _: &Material<'_>) {
    let end: &[u8] = random
        .pick(&[b"\r\n".as_slice(), b"\r", b"\n\n", b"\n\r", b""])
        .copied()
        .unwrap_or_default();
    *input = input
        .split(|byte| *byte == b'\n')
        .collect::<Vec<_>>()
        .join(end);
}

/// A length or a count of a binary format, small, huge or negative.
fn overwrite_integer(input: &mut [u8], random: &mut Random) {
    let value: u64 = match random.below(6) {
        0 => 0,
        1 => u64::MAX,
        2 => 1 << random.below(64),
        3 => (1_u64 << random.below(64)).wrapping_sub(1),
        4 => input.len() as u64,
        _ => random.next() % 256,
    };
    let width = 1 << random.below(4);
    let at = random.below(input.len());
    for (byte, new) in input
        .iter_mut()
        .skip(at)
        .zip(value.to_le_bytes())
        .take(width)
    {
        *byte = new;
    }
}
