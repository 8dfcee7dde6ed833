-- Nobody outside gets mail from a copy: every address that leads to somebody else becomes another one.

-- @each column
-- @do
UPDATE {{table}} SET {{column}} = {{to}}
WHERE {{column}} IS NOT NULL AND NOT ({{column}} <=> {{to}})
  AND LOWER(SUBSTRING_INDEX(SUBSTRING_INDEX(CONCAT({{column}}, '@'), '@', 2), '@', -1)) NOT IN {{keep}};
-- @holds
SELECT {{name}} AS what, COUNT(*) AS n FROM {{table}}
WHERE {{column}} IS NOT NULL AND NOT ({{column}} <=> {{to}})
  AND LOWER(SUBSTRING_INDEX(SUBSTRING_INDEX(CONCAT({{column}}, '@'), '@', 2), '@', -1)) NOT IN {{keep}};
