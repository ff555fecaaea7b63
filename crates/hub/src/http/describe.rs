//! What a handler takes and gives, read from its own types, so that the API's
//! description cannot say anything else.

use std::future::Future;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ArrayBuilder, Ref, Schema};

use super::answer::{Asked, At, AtBoth, Listed, Refused, Wish};
use super::principal::Principal;

/// A schema with its name.
pub(super) type Named = (String, RefOr<Schema>);

/// What there is to say of one handler.
#[derive(Default)]
pub(super) struct Description {
    /// The schemas of the path's values, in order.
    pub(super) places: Vec<RefOr<Schema>>,
    /// The schema whose properties are the query's names.
    pub(super) query: Option<RefOr<Schema>>,
    /// The body that is expected.
    pub(super) wish: Option<RefOr<Schema>>,
    pub(super) answer: Shape,
    /// Every schema that the others refer to.
    pub(super) named: Vec<Named>,
}

/// What a handler answers when it does not refuse.
#[derive(Default)]
pub(super) enum Shape {
    /// That it is done.
    #[default]
    Done,
    /// With a JSON document.
    Document(Box<RefOr<Schema>>),
    /// With a WebSocket.
    Socket,
    /// With bytes of this type.
    Bytes(&'static str),
}

/// A handler whose types describe it. `T` is what `axum::handler::Handler` has there.
pub(super) trait Described<T> {
    /// Says what it takes and gives.
    fn description() -> Description;
}

/// Something that a handler takes.
pub(super) trait Takes {
    /// Adds it to the description.
    fn tell(description: &mut Description);
}

/// Something that a handler gives.
pub(super) trait Gives {
    /// Adds it to the description.
    fn tell(description: &mut Description);
}

macro_rules! described {
    ($($taken:ident)*) => {
        impl<F, Answers, Given, M, $($taken),*> Described<(M, $($taken,)*)> for F
        where
            F: Fn($($taken),*) -> Answers,
            Answers: Future<Output = Given>,
            Given: Gives,
            $($taken: Takes),*
        {
            fn description() -> Description {
                let mut description = Description::default();
                $($taken::tell(&mut description);)*
                Given::tell(&mut description);
                description
            }
        }
    };
}

described!(A);
described!(A B);
described!(A B C);
described!(A B C D);
described!(A B C D E);
described!(A B C D E G);

/// Notes a type's schema, and all that it refers to, and returns a reference to it.
pub(super) fn refer<T: ToSchema>(description: &mut Description) -> RefOr<Schema> {
    description.named.push((T::name().into_owned(), T::schema()));
    T::schemas(&mut description.named);
    Ref::from_schema_name(T::name()).into()
}

impl<S> Takes for State<S> {
    fn tell(_: &mut Description) {}
}

impl Takes for Principal {
    fn tell(_: &mut Description) {}
}

impl<T: ToSchema> Takes for At<T> {
    fn tell(description: &mut Description) {
        description.places.push(T::schema());
    }
}

impl<A: ToSchema, B: ToSchema> Takes for AtBoth<A, B> {
    fn tell(description: &mut Description) {
        description.places.extend([A::schema(), B::schema()]);
    }
}

impl<T: ToSchema> Takes for Asked<T> {
    fn tell(description: &mut Description) {
        description.query = Some(T::schema());
        T::schemas(&mut description.named);
    }
}

impl<T: ToSchema> Takes for Wish<T> {
    fn tell(description: &mut Description) {
        description.wish = Some(refer::<T>(description));
    }
}

impl<G: Gives> Gives for Result<G, Refused> {
    fn tell(description: &mut Description) {
        G::tell(description);
    }
}

impl<T: ToSchema> Gives for Json<T> {
    fn tell(description: &mut Description) {
        description.answer = Shape::Document(Box::new(refer::<T>(description)));
    }
}

impl<T: ToSchema> Gives for Listed<T> {
    fn tell(description: &mut Description) {
        let one = refer::<T>(description);
        description.answer = Shape::Document(Box::new(ArrayBuilder::new().items(one).into()));
    }
}

impl Gives for StatusCode {
    fn tell(description: &mut Description) {
        description.answer = Shape::Done;
    }
}
