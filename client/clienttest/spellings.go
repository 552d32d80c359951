package clienttest

import (
	"maps"
	"strconv"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// clampLimit brings a limit over 100 down to 100, where that is what the fake was told to do.
func (s *Server) clampLimit(c *call) *answer {
	limit, err := strconv.Atoi(c.query.Get("limit"))
	if s.behavior.ClampLimit && c.operation.id == "getContacts" && err == nil && limit > 100 {
		clamped := maps.Clone(c.query)
		clamped.Set("limit", "100")
		c.query = clamped
	}
	return nil
}

// acceptSpellings renames the value of custom fields, which the API takes as fieldValue and value too, to field_value. It
// refuses a body that is not JSON.
func (c *call) acceptSpellings() *answer {
	if len(c.body) == 0 {
		return nil // the document will say so
	}
	var body map[string]jsontext.Value
	if json.Unmarshal(c.body, &body, lenient) != nil {
		if !jsontext.Value(c.body).IsValid() {
			return malformed("request body is not valid JSON")
		}
		return nil // JSON, but no object: the document will say so
	}
	var fields []map[string]jsontext.Value
	if json.Unmarshal(body["customFields"], &fields, lenient) != nil {
		return nil
	}
	renamed := false
	for _, field := range fields {
		for _, spelling := range []string{"fieldValue", "value"} {
			value, ok := field[spelling]
			if _, exists := field["field_value"]; ok && !exists {
				field["field_value"] = value
				delete(field, spelling)
				renamed = true
			}
		}
	}
	if !renamed {
		return nil
	}
	var err error
	if body["customFields"], err = json.Marshal(fields); err == nil {
		c.body, err = json.Marshal(body)
	}
	if err != nil {
		return unprocessable(err.Error())
	}
	return nil
}
