-- A version, and a step of a review, goes with its card and in no other way.
create function model_card_is_kept() returns trigger as $$
begin
    raise exception 'a version or review of a model card is never changed';
end;
$$ language plpgsql;
create function model_card_stays() returns trigger as $$
begin
    if exists (select 1 from resource
               where kind = 'model-card' and region = old.region and name = old.card) then
        raise exception 'a version or review of a model card is deleted with the card only';
    end if;
    return old;
end;
$$ language plpgsql;
create trigger model_card_version_is_kept before update on model_card_version
    for each row execute function model_card_is_kept();
create trigger model_card_version_stays before delete on model_card_version
    for each row execute function model_card_stays();
create trigger model_card_version_is_not_emptied before truncate on model_card_version
    for each statement execute function model_card_is_kept();
create trigger model_card_review_is_kept before update on model_card_review
    for each row execute function model_card_is_kept();
create trigger model_card_review_stays before delete on model_card_review
    for each row execute function model_card_stays();
create trigger model_card_review_is_not_emptied before truncate on model_card_review
    for each statement execute function model_card_is_kept();
