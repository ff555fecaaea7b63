//! The API's description, OpenAPI 3.1, written from the route table and from the types
//! of its handlers.

use doorward_api::{Problem, path, problem};
use utoipa::openapi::extensions::Extensions;
use utoipa::openapi::path::{
    Operation, OperationBuilder, Parameter, ParameterBuilder, ParameterIn,
};
use utoipa::openapi::request_body::RequestBodyBuilder;
use utoipa::openapi::schema::Schema;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Components, Content, HttpMethod, InfoBuilder, OpenApi, OpenApiBuilder, Paths, Ref, RefOr,
    Required, Response, ResponseBuilder,
};
use utoipa::{PartialSchema, ToSchema};

use super::describe::{Description, Named, Shape};
use super::house::House;
use super::principal::COOKIE;
use super::route::{Least, Route, Verb};
use super::table::table;

/// What the scheme of sessions is called in the description.
const SESSION: &str = "session";

const ABOUT: &str = "What a Doorward hub can be asked, on its local socket and by HTTPS on the home \
network. `x-least` names who may ask it: public, viewer, resident, owner, or local_owner, who asks on \
the local socket. Ids are numbers, things that people name go by their names, times are RFC 3339 in \
UTC, a duration's unit is in its name. Requests carry JSON; unsafe methods by HTTPS carry the hub's \
own Origin.";

/// Writes the description.
pub(crate) fn document<H: House>() -> String {
    let mut text = serde_json::to_string_pretty(&describe(table::<H>()))
        .expect("a description holds no map with odd keys");
    text.push('\n');
    text
}

fn describe<H: House>(routes: Vec<Route<H>>) -> OpenApi {
    let mut named: Vec<Named> = vec![(Problem::name().into_owned(), Problem::schema())];
    Problem::schemas(&mut named);
    let mut paths = Paths::new();
    for route in routes {
        let path = format!("{}{}", path::BASE, route.path);
        paths.add_path_operation(&path, vec![method(route.verb)], operation(&route));
        named.extend(route.description.named);
    }
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title("Doorward")
                .version("1")
                .description(Some(ABOUT))
                .license(Some(utoipa::openapi::License::new("Apache-2.0 OR MIT")))
                .build(),
        )
        .paths(paths)
        .components(Some(components(named)))
        .build()
}

fn components(named: Vec<Named>) -> Components {
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        COOKIE,
        "Set at login; bound to a paired device.",
    ));
    let mut components = Components::new();
    components.schemas = named.into_iter().collect();
    components.add_security_scheme(SESSION, SecurityScheme::ApiKey(cookie));
    components
}

fn operation<H: House>(route: &Route<H>) -> Operation {
    let description = &route.description;
    let mut operation = OperationBuilder::new()
        .operation_id(Some(operation_id(route.verb, route.path)))
        .tag(tag(route.path))
        .summary(Some(route.words))
        .extensions(Some(Extensions::from_iter([("x-least", route.least.name())])))
        .parameters(Some(parameters(route.path, description)))
        .request_body(description.wish.clone().map(|wish| {
            RequestBodyBuilder::new()
                .content("application/json", Content::new(Some(wish)))
                .required(Some(Required::True))
                .build()
        }));
    let (status, answer) = answer(&description.answer);
    operation = operation.response(status, answer).response("default", refusal());
    match route.least {
        // Nobody comes by HTTPS as the hub's own user: there is no scheme to name.
        Least::Public | Least::LocalOwner => operation,
        Least::Viewer | Least::Resident | Least::Owner => {
            operation.security(SecurityRequirement::new(SESSION, [""; 0]))
        }
    }
    .build()
}

fn parameters(path: &str, description: &Description) -> Vec<Parameter> {
    let names = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let places = names.zip(&description.places).map(|(name, schema)| {
        ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(schema.clone()))
            .build()
    });
    places.chain(asked(description.query.as_ref())).collect()
}

/// The properties of a query's schema are the names that it may have.
fn asked(query: Option<&RefOr<Schema>>) -> impl Iterator<Item = Parameter> {
    let object = query.and_then(|query| match query {
        RefOr::T(Schema::Object(object)) => Some(object.clone()),
        RefOr::T(_) | RefOr::Ref(_) => None,
    });
    object.into_iter().flat_map(|object| {
        let required = object.required;
        object.properties.into_iter().map(move |(name, schema)| {
            let needed = required.contains(&name);
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(if needed { Required::True } else { Required::False })
                .schema(Some(schema))
                .build()
        })
    })
}

fn answer(answer: &Shape) -> (&'static str, Response) {
    let with = |kind: &str, content| ResponseBuilder::new().content(kind, content).build();
    let described = |words: &str, response: Response| {
        ResponseBuilder::from(response).description(words).build()
    };
    match answer {
        Shape::Done => ("204", Response::new("It is done.")),
        Shape::Document(schema) => {
            let content = Content::new(Some(schema.as_ref().clone()));
            ("200", described("What was found.", with("application/json", content)))
        }
        Shape::Socket => ("101", Response::new("A WebSocket.")),
        Shape::Bytes(kind) => {
            let content = Content::new(None::<RefOr<Schema>>);
            ("200", described("What was found.", with(kind, content)))
        }
    }
}

fn refusal() -> Response {
    let problem = Content::new(Some(Ref::from_schema_name(Problem::name())));
    ResponseBuilder::new()
        .description("Why it was not met (RFC 9457).")
        .content(problem::MEDIA_TYPE, problem)
        .build()
}

/// The first part of the path, by which a reader finds what belongs together.
fn tag(path: &str) -> &str {
    path.split('/').nth(1).unwrap_or(path)
}

fn operation_id(verb: Verb, path: &str) -> String {
    let parts = path.split('/').map(|part| part.trim_matches(['{', '}']).replace('-', "_"));
    parts.fold(
        verb.name().to_owned(),
        |id, part| {
            if part.is_empty() { id } else { format!("{id}_{part}") }
        },
    )
}

const fn method(verb: Verb) -> HttpMethod {
    match verb {
        Verb::Get => HttpMethod::Get,
        Verb::Post => HttpMethod::Post,
        Verb::Put => HttpMethod::Put,
        Verb::Patch => HttpMethod::Patch,
        Verb::Delete => HttpMethod::Delete,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::http::tests::house::TestHouse;

    const KEPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/openapi.json");

    #[test]
    fn the_description_that_is_kept_is_the_one_that_the_hub_would_write() {
        let kept = std::fs::read_to_string(KEPT).unwrap_or_default();
        assert!(
            kept == document::<TestHouse>(),
            "docs/openapi.json is not what the routes and types say: renew it with `cargo xtask openapi`"
        );
    }

    #[test]
    fn no_two_types_share_a_name() {
        let mut seen: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
        for (name, schema) in table::<TestHouse>().into_iter().flat_map(|row| row.description.named)
        {
            let first = seen.entry(name.clone()).or_insert_with(|| schema.clone());
            assert!(*first == schema, "two types are called {name}");
        }
    }

    #[test]
    fn every_place_in_a_path_is_one_that_its_handler_reads() {
        for route in table::<TestHouse>() {
            let places = route.path.matches('{').count();
            assert_eq!(places, route.description.places.len(), "{}", route.path);
        }
    }

    #[test]
    fn every_reference_leads_to_a_schema() {
        let document: serde_json::Value = serde_json::from_str(&document::<TestHouse>()).unwrap();
        let schemas = document["components"]["schemas"].as_object().unwrap();
        let text = document.to_string();
        for rest in text.split("\"$ref\":\"#/components/schemas/").skip(1) {
            let name = rest.split('"').next().unwrap();
            assert!(schemas.contains_key(name), "{name} is nowhere described");
        }
    }
}
