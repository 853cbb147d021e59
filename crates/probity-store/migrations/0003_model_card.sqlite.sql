-- A version, and a step of a review, goes with its card and in no other way.
create trigger model_card_version_is_kept before update on model_card_version
begin
    select raise(abort, 'a version of a model card is never changed');
end;
create trigger model_card_version_stays before delete on model_card_version
when exists (select 1 from resource
             where kind = 'model-card' and region = old.region and name = old.card)
begin
    select raise(abort, 'a version of a model card is deleted with the card only');
end;
create trigger model_card_review_is_kept before update on model_card_review
begin
    select raise(abort, 'a step of a review is never changed');
end;
create trigger model_card_review_stays before delete on model_card_review
when exists (select 1 from resource
             where kind = 'model-card' and region = old.region and name = old.card)
begin
    select raise(abort, 'a step of a review is deleted with the card only');
end;
