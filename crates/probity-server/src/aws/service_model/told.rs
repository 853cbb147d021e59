//! The members of requests and answers for people to read, with what stands inside of lists and
//! structures below them.

use super::shape::{Kind, ServiceModel, Shape};

/// Structures within structures beyond these are not told; none of ours is as deep.
const DEEPEST: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ToldMember<'a> {
    /// Steps inside of the request.
    pub(crate) depth: usize,
    pub(crate) name: &'a str,
    pub(crate) kind: &'static str,
    pub(crate) is_required: bool,
    pub(crate) told: &'a str,
}

impl ServiceModel {
    /// Every member of a request, outer ones first.
    pub(crate) fn input_members(&self, operation: &str) -> Vec<ToldMember<'_>> {
        let mut members = Vec::new();
        self.push_members(self.input(operation), 0, &mut members);
        members
    }

    pub(crate) fn output_members(&self, operation: &str) -> Vec<ToldMember<'_>> {
        let mut members = Vec::new();
        self.push_members(self.output(operation), 0, &mut members);
        members
    }

    fn push_members<'a>(
        &'a self,
        shape: Option<&'a Shape>,
        depth: usize,
        members: &mut Vec<ToldMember<'a>>,
    ) {
        let Some(shape) = shape.filter(|_| depth < DEEPEST) else {
            return;
        };
        for (name, member) in &shape.members {
            let Some(inner) = self.shape(member) else {
                continue;
            };
            members.push(ToldMember {
                depth,
                name,
                kind: self.kind_of(inner),
                is_required: shape.required.contains(name),
                told: shape.told.get(name).map_or("", String::as_str),
            });
            let within = if inner.kind == Kind::List {
                self.shape(&inner.element)
            } else {
                Some(inner)
            };
            self.push_members(within, depth + 1, members);
        }
    }

    fn kind_of(&self, shape: &Shape) -> &'static str {
        let of_structures = self
            .shape(&shape.element)
            .is_some_and(|element| element.kind == Kind::Structure);
        match shape.kind {
            Kind::String if !shape.values.is_empty() => "one of some words",
            Kind::String => "text",
            Kind::Integer => "whole number",
            Kind::Double => "number",
            Kind::Boolean => "true or false",
            Kind::Timestamp => "time",
            Kind::Blob => "bytes in Base64",
            Kind::List if of_structures => "list of",
            Kind::List => "list of texts",
            Kind::Map => "map",
            Kind::Structure => "object",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::shape::service_model;

    #[test]
    fn members_of_our_operations_are_told_with_what_they_are() {
        let model = service_model("probity").unwrap();
        assert!(!model.told("DescribeServer").is_empty());
        let members = model.output_members("DescribeServer");
        let time = members
            .iter()
            .find(|member| member.name == "CurrentTime")
            .unwrap();
        assert_eq!((time.kind, time.is_required), ("time", true));
        assert!(time.told.contains("clock"));
    }

    #[test]
    fn each_of_our_operations_says_what_it_does() {
        let model = service_model("probity").unwrap();
        for name in model.described() {
            assert!(!model.told(name).is_empty(), "{name}");
        }
    }
}
