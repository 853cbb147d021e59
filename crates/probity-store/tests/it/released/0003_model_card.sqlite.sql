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
-- `insert or replace` deletes the row in its way without asking the triggers above: neither by the key
-- nor by SQLite's own number of the row.
create trigger model_card_version_is_written_once before insert on model_card_version
when exists (select 1 from model_card_version
             where (region = new.region and card = new.card and version = new.version)
                or rowid = new.rowid)
begin
    select raise(abort, 'a version of a model card is never changed');
end;
create trigger model_card_review_is_written_once before insert on model_card_review
when exists (select 1 from model_card_review
             where (region = new.region and card = new.card and seq = new.seq)
                or rowid = new.rowid)
begin
    select raise(abort, 'a step of a review is never changed');
end;
