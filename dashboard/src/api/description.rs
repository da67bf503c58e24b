//! The API's description (OpenAPI 3.1), made from the resources themselves, in either language.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, ParameterBuilder, ParameterIn};
use utoipa::openapi::response::{Response as Told, ResponseBuilder};
use utoipa::openapi::schema::{ArrayBuilder, KnownFormat, ObjectBuilder, SchemaFormat, SchemaType, Type};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::tag::TagBuilder;
use utoipa::openapi::{
    Components, ComponentsBuilder, Content, ContentBuilder, Header, InfoBuilder, OpenApi, OpenApiBuilder, PathItem,
    PathsBuilder, Ref, RefOr, Required, Schema,
};

use crate::api::door::Needs;
use crate::api::parameter::{Asked, Parameter};
use crate::api::problem::{KINDS, Kind};
use crate::api::resources::releases::TOLD;
use crate::api::resources::{GROUPS, LANG};
use crate::api::shape::Shape;
use crate::api::{Answer, Group, Resource, fingerprint, guarded, matches};
use crate::explain::figure::FigureExplained;
use crate::explain::finding::FindingExplained;
use crate::routes;
use crate::words::Lang;

const BEARER: &str = "token";
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";

/// The description in a language.
pub struct Description {
    /// As it is sent.
    pub text: String,
    /// As it is read here.
    pub value: Value,
    tag: String,
}

/// The description in a language; made once.
pub fn of(lang: Lang) -> &'static Description {
    static BOTH: [OnceLock<Description>; 2] = [OnceLock::new(), OnceLock::new()];
    BOTH[lang as usize].get_or_init(|| {
        let value = serde_json::to_value(document(lang)).expect("a description is plain data");
        let text = value.to_string();
        Description { tag: fingerprint(&text), text, value }
    })
}

/// Answers who asks for it.
pub fn answer(asked: &Asked, headers: &HeaderMap) -> Response {
    let description = of(asked.get(LANG.name).and_then(Lang::parse).unwrap_or(Lang::Zh));
    let mut response = match matches(headers, &description.tag) {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => Response::new(Body::from(description.text.as_str())),
    };
    let own = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&description.tag) {
        own.insert(ETAG, tag);
    }
    own.insert(CONTENT_TYPE, HeaderValue::from_static(JSON));
    own.insert(CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    guarded(response)
}

fn document(lang: Lang) -> OpenApi {
    let mut paths = PathsBuilder::new();
    for (address, resource) in routes::RESOURCES {
        paths = paths.path(address, PathItem::new(HttpMethod::Get, operation(resource, lang)));
    }
    let tag =
        |group: &&Group| TagBuilder::new().name(group.name).description(Some(said(group.zh, group.en, lang))).build();
    OpenApiBuilder::new()
        .info(
            InfoBuilder::new()
                .title(said("课后 kehou 数据接口", "kehou data API", lang))
                .version("1")
                .description(Some(said(ABOUT_ZH, ABOUT_EN, lang)))
                .build(),
        )
        .paths(paths.build())
        .components(Some(components(lang)))
        .security(Some([SecurityRequirement::new(BEARER, Vec::<String>::new())]))
        .tags(Some(GROUPS.iter().map(tag)))
        .build()
}

const ABOUT_ZH: &str = "只读的 JSON 接口，与网页同一版数据、同一权限。请求头写 Authorization: Bearer 令牌。\
每个回答写明版本（release）和数据日期（today）。金额是两位小数的文本；没有的是 null，从不是 0。\
清单用 limit 和 next 翻页，同一次翻页的各页出自同一版数据。ETag 配合 If-None-Match 省去重复下载。\
不认识的参数一律拒绝；出错的回答是 problem+json（RFC 9457），写明怎么办。";
const ABOUT_EN: &str = "Read-only JSON: the same release and the same rights as on the pages. Send the header \
'Authorization: Bearer TOKEN'. Every answer names its release and the date that lateness was judged against (today). Money is \
text with two places; what is missing is null and never 0. Listings are paged by limit and next, and all pages of one listing \
are of one release. ETag with If-None-Match saves downloads. Unknown parameters are refused; errors are problem+json (RFC 9457) \
and say what to do.";

fn said(zh: &'static str, en: &'static str, lang: Lang) -> &'static str {
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn operation(resource: &Resource, lang: Lang) -> Operation {
    let mut operation = OperationBuilder::new()
        .operation_id(Some(resource.name))
        .tag(resource.group.name)
        .summary(Some(resource.said(lang)))
        .description(Some(needs(resource.needs, lang)));
    for one in resource.path {
        operation = operation.parameter(parameter(one, ParameterIn::Path, lang));
    }
    for one in resource.parameters() {
        operation = operation.parameter(parameter(&one, ParameterIn::Query, lang));
    }
    operation = operation.response("200", answered(resource, lang));
    operation = operation.response(
        "304",
        ResponseBuilder::new()
            .description(said("与 If-None-Match 所写相同", "The same as If-None-Match names", lang))
            .header("ETag", etag(lang)),
    );
    let is_open = resource.needs == Needs::Nothing;
    let wanted = |kind: &&Kind| match kind.status {
        StatusCode::METHOD_NOT_ALLOWED => false,
        StatusCode::BAD_REQUEST | StatusCode::TOO_MANY_REQUESTS | StatusCode::INTERNAL_SERVER_ERROR => true,
        StatusCode::SERVICE_UNAVAILABLE => true,
        _ => !is_open,
    };
    for kind in KINDS.iter().filter(wanted) {
        operation = operation.response(kind.status.as_str(), RefOr::<Told>::Ref(Ref::from_response_name(kind.name)));
    }
    if is_open { operation.securities(Some(Vec::<SecurityRequirement>::new())).build() } else { operation.build() }
}

fn needs(needs: Needs, lang: Lang) -> &'static str {
    match needs {
        Needs::Nothing => said("不需要令牌。", "No token is needed.", lang),
        Needs::Token => said("任何有效令牌。", "Any token that is in force.", lang),
        Needs::Data => said(
            "学校、区（市）、督学或市局账号的令牌。",
            "A token of a school, a district, an inspector or the city.",
            lang,
        ),
        Needs::Figures => said(
            "学校、区（市）或市局账号的令牌，且包括指标；只有范围内的行。",
            "A token of a school, a district or the city that opens figures; only rows within its scope.",
            lang,
        ),
        Needs::Findings => said(
            "学校、区（市）、督学或市局账号的令牌，且包括问题线索；只有范围内的行。",
            "A token of a school, a district, an inspector or the city that opens findings; only rows within its scope.",
            lang,
        ),
    }
}

fn parameter(parameter: &Parameter, place: ParameterIn, lang: Lang) -> utoipa::openapi::path::Parameter {
    let required = if place == ParameterIn::Path { Required::True } else { Required::False };
    ParameterBuilder::new()
        .name(parameter.name)
        .parameter_in(place)
        .required(required)
        .description(Some(parameter.said(lang)))
        .schema(Some(parameter.schema()))
        .example(Some(parameter.example()))
        .build()
}

fn etag(lang: Lang) -> Header {
    let text = ObjectBuilder::new().schema_type(Type::String);
    let mut header = Header::new(RefOr::<Schema>::from(text));
    header.description = Some(said("回答的标记", "The answer's tag", lang).to_owned());
    header
}

fn answered(resource: &Resource, lang: Lang) -> ResponseBuilder {
    let content = |name: &str, example: Value| {
        ContentBuilder::new()
            .schema(Some(Ref::from_schema_name(name)))
            .example(Some(example).filter(|example| !example.is_null()))
            .build()
    };
    let content = match resource.answer {
        Answer::List(shape, _) => content(
            &page_name(shape),
            json!({ "release": TOLD.example(), "total": 1, "items": [shape.example()], "next": null }),
        ),
        Answer::One(shape, _) => {
            content(&answer_name(shape), json!({ "release": TOLD.example(), "item": shape.example() }))
        }
        Answer::Explained(name, _) => content(name, Value::Null),
        Answer::Description => Content::new(Some(ObjectBuilder::new().schema_type(Type::Object))),
    };
    ResponseBuilder::new().description(resource.said(lang)).content(JSON, content).header("ETag", etag(lang))
}

fn page_name(shape: &Shape) -> String {
    format!("{}Page", shape.name)
}

fn answer_name(shape: &Shape) -> String {
    format!("{}Answer", shape.name)
}

fn components(lang: Lang) -> Components {
    let mut schemas: BTreeMap<String, RefOr<Schema>> = BTreeMap::new();
    let mut waiting: Vec<&'static Shape> = vec![&TOLD];
    for (_, resource) in routes::RESOURCES {
        match resource.answer {
            Answer::List(shape, _) => {
                schemas.insert(page_name(shape), page(shape, lang));
                waiting.push(shape);
            }
            Answer::One(shape, _) => {
                schemas.insert(answer_name(shape), one(shape));
                waiting.push(shape);
            }
            Answer::Explained(..) | Answer::Description => {}
        }
    }
    while let Some(shape) = waiting.pop() {
        waiting.extend(shape.inner());
        schemas.insert(shape.name.to_owned(), shape.schema(lang));
    }
    schemas.insert("Problem".to_owned(), problem(lang));
    let mut components = ComponentsBuilder::new()
        .schema_from::<FigureExplained>()
        .schema_from::<FindingExplained>()
        .schemas_from_iter(explained())
        .schemas_from_iter(schemas)
        .security_scheme(
            BEARER,
            SecurityScheme::Http(
                HttpBuilder::new()
                    .scheme(HttpAuthScheme::Bearer)
                    .description(Some(said(
                        "在“接口令牌”页面或用 kehou token add 生成",
                        "Made on the page of tokens, or by kehou token add",
                        lang,
                    )))
                    .build(),
            ),
        );
    for kind in &KINDS {
        components = components.response(kind.name, refusal(kind, lang));
    }
    components.build()
}

/// What stands within explanations; its words are those of the code.
fn explained() -> Vec<(String, RefOr<Schema>)> {
    let mut inner = Vec::new();
    FigureExplained::schemas(&mut inner);
    FindingExplained::schemas(&mut inner);
    inner
}

fn page(shape: &Shape, lang: Lang) -> RefOr<Schema> {
    let next = [Type::String, Type::Null].into_iter().collect::<SchemaType>();
    let whole =
        ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("release", Ref::from_schema_name(TOLD.name))
        .property("total", whole.description(Some(said("所有页合计条数", "Entries on all pages together", lang))))
        .property("items", ArrayBuilder::new().items(Ref::from_schema_name(shape.name)))
        .property(
            "next",
            ObjectBuilder::new().schema_type(next).description(Some(said(
                "下一页的地址；没有了为 null",
                "The next page's address; null after the last",
                lang,
            ))),
        )
        .required("release")
        .required("total")
        .required("items")
        .required("next")
        .into()
}

fn one(shape: &Shape) -> RefOr<Schema> {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("release", Ref::from_schema_name(TOLD.name))
        .property("item", Ref::from_schema_name(shape.name))
        .required("release")
        .required("item")
        .into()
}

fn problem(lang: Lang) -> RefOr<Schema> {
    let text = |zh, en| ObjectBuilder::new().schema_type(Type::String).description(Some(said(zh, en, lang)));
    let status =
        ObjectBuilder::new().schema_type(Type::Integer).format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)));
    let mut object = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property("type", text("哪一类问题", "Which kind of problem"))
        .property("status", status)
        .property("title", text("问题", "The problem, in Chinese"))
        .property("detail", text("怎么办", "What to do, in Chinese"))
        .property("title_en", text("问题（英文）", "The problem"))
        .property("detail_en", text("怎么办（英文）", "What to do"))
        .property("parameter", text("有误的参数", "The parameter that is wrong, where it is one"));
    for name in ["type", "status", "title", "detail", "title_en", "detail_en"] {
        object = object.required(name);
    }
    object.into()
}

fn refusal(kind: &Kind, lang: Lang) -> Told {
    let example = json!({
        "type": format!("{}#{}", routes::API, kind.name),
        "status": kind.status.as_u16(),
        "title": kind.zh,
        "detail": "…",
        "title_en": kind.en,
        "detail_en": "…"
    });
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).example(Some(example)).build();
    let response = ResponseBuilder::new().description(kind.said(lang)).content(PROBLEM, content);
    let whole = || ObjectBuilder::new().schema_type(Type::Integer);
    let text = || ObjectBuilder::new().schema_type(Type::String);
    match kind.status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            response.header("Retry-After", Header::new(RefOr::<Schema>::from(whole())))
        }
        StatusCode::UNAUTHORIZED => response.header("WWW-Authenticate", Header::new(RefOr::<Schema>::from(text()))),
        _ => response,
    }
    .build()
}
