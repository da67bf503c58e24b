-- Every piece of evidence belongs to a finding of this run and to a slice that counts. A finding of a closed period keeps the slice
-- that it was found in, though a new key for persons put a copy of the same bytes in its place.
select evidence.finding_id, evidence.form, evidence.submission_id
from marts.finding_evidence as evidence
left join marts.finding_now as finding on finding.finding_id = evidence.finding_id
left join staging.slice as slice on slice.submission_id = evidence.submission_id
left join facts.submission as sent on sent.submission_id = evidence.submission_id
left join facts.submission as again on again.replaces = sent.submission_id and again.file_sha256 = sent.file_sha256
where finding.finding_id is null
    or (evidence.form <> 'reference' and slice.submission_id is null and again.submission_id is null)
