package api_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDocument_Operations(t *testing.T) {
	t.Parallel()
	want := map[string]string{ // method and path: operationId and scope
		"GET /contacts/{contactId}":           "getContact contacts.readonly",
		"PUT /contacts/{contactId}":           "updateContact contacts.write",
		"DELETE /contacts/{contactId}":        "deleteContact contacts.write",
		"POST /contacts/upsert":               "upsertContact contacts.write",
		"GET /contacts/business/{businessId}": "getContactsByBusinessId contacts.readonly",
		"POST /contacts/":                     "createContact contacts.write",
		"GET /contacts/":                      "getContacts contacts.readonly",
	}
	got := map[string]string{}
	for path, item := range load(t).Paths.Map() {
		for method, op := range item.Operations() {
			if op.Security == nil || len(*op.Security) != 2 {
				t.Errorf("%s: want two ways to authenticate, a bearer token and OAuth, got %v", op.OperationID, op.Security)
				continue
			}
			bearer, bearerFirst := (*op.Security)[0]["bearer"]
			scopes := (*op.Security)[1]["oauth2"]
			if !bearerFirst || len(bearer) != 0 || len(scopes) != 1 {
				t.Errorf("%s: want bearer without scopes, or oauth2 with one, got %v", op.OperationID, *op.Security)
				continue
			}
			got[method+" "+path] = op.OperationID + " " + scopes[0]
		}
	}
	for operation, wanted := range want { // other operations may be added
		if got[operation] != wanted {
			t.Errorf("%s: got %q, want %q", operation, got[operation], wanted)
		}
	}
}

func TestDocument_OperationsComplete(t *testing.T) {
	t.Parallel()
	statuses := []string{"2XX", "400", "401", "403", "404", "422", "429", "5XX"}
	rateLimits := []string{
		"X-RateLimit-Daily-Remaining", "X-RateLimit-Daily-Reset", "X-RateLimit-Interval-Milliseconds",
		"X-RateLimit-Limit-Daily", "X-RateLimit-Max", "X-RateLimit-Remaining",
	}
	for id := range routes {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			item, op := route(t, id)

			version := op.Parameters.GetByInAndName("header", "Version")
			if version == nil {
				version = item.Parameters.GetByInAndName("header", "Version")
			}
			if version == nil || !version.Required || !slices.Contains(version.Schema.Value.Enum, any("2021-07-28")) {
				t.Error("want the required header Version, with 2021-07-28 among its values")
			}

			got := op.Responses.Keys()
			slices.Sort(got)
			if diff := cmp.Diff(statuses, got); diff != "" {
				t.Errorf("responses (-want +got):\n%s", diff)
			}

			headers := []string{}
			for name := range op.Responses.Value("2XX").Value.Headers {
				headers = append(headers, name)
			}
			slices.Sort(headers)
			if diff := cmp.Diff(rateLimits, headers); diff != "" {
				t.Errorf("headers of a success (-want +got):\n%s", diff)
			}
			for name, header := range op.Responses.Value("2XX").Value.Headers {
				if !header.Value.Schema.Value.Type.Is("integer") || header.Value.Required {
					t.Errorf("header %s: want an integer that may be missing", name)
				}
			}

			errorBody := load(t).Components.Schemas["ErrorBody"].Value
			for _, status := range []string{"400", "401", "403", "404", "422", "5XX"} {
				if responseSchema(t, id, status) != errorBody {
					t.Errorf("%s: want ErrorBody", status)
				}
			}
			if limited := op.Responses.Value("429").Value; len(limited.Content) != 0 || limited.Headers["Retry-After"] == nil {
				t.Error("429: want Retry-After and no content, because the body is undocumented")
			}
		})
	}
}

func TestDocument_QueryParameters(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{ // in the order of the document; with a mark, required
		"getContacts":             {"locationId!", "query", "limit", "startAfter", "startAfterId"},
		"getContactsByBusinessId": {"locationId!", "query", "limit", "skip"},
		"getContact":              nil,
		"updateContact":           nil,
		"deleteContact":           nil,
		"upsertContact":           nil,
		"createContact":           nil,
	}
	for id, want := range tests {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			item, op := route(t, id)
			var got []string
			for _, parameter := range slices.Concat(item.Parameters, op.Parameters) {
				if parameter.Value.In != "query" {
					continue
				}
				name := parameter.Value.Name
				if parameter.Value.Required {
					name += "!"
				}
				got = append(got, name)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("query parameters (-want +got):\n%s", diff)
			}
		})
	}
}
