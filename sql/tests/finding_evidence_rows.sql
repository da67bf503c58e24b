-- Every piece of evidence belongs to a finding of this run and to a slice that counts.
select evidence.finding_id, evidence.form, evidence.submission_id
from marts.finding_evidence as evidence
left join marts.finding_now as finding on finding.finding_id = evidence.finding_id
left join staging.slice as slice on slice.submission_id = evidence.submission_id
where finding.finding_id is null or (evidence.form <> 'reference' and slice.submission_id is null)
