-- Model cards. The card itself is a resource; its texts are here, one row for each version, and are
-- never changed: triggers of 0003_model_card.{sqlite,postgres}.sql see to that.
create table model_card_version (
    region text collate "binary" not null,
    card text collate "binary" not null,
    version bigint not null,
    -- As it was sent.
    content text not null,
    -- Of the content, in hexadecimal.
    sha256 text not null,
    created_ms bigint not null,
    created_by text not null,
    -- Why, where the author said so.
    reason text,
    primary key (region, card, version)
);

-- Every step from state to state, in order; the last one of a version is its state.
create table model_card_review (
    region text collate "binary" not null,
    card text collate "binary" not null,
    seq bigint not null,
    version bigint not null,
    -- Empty for the first state of a version.
    before_status text not null,
    after_status text collate "binary" not null,
    at_ms bigint not null,
    actor text not null,
    -- '' where nothing was said.
    comment text not null,
    primary key (region, card, seq)
);
create index model_card_review_by_version on model_card_review (region, card, version, seq);

-- Which card describes a model: one at most, whoever else writes at the same moment.
create table model_card_subject (
    region text collate "binary" not null,
    model_id text collate "binary" not null,
    card text collate "binary" not null,
    primary key (region, model_id)
);
create index model_card_subject_by_card on model_card_subject (region, card);
