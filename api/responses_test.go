package api_test

import "testing"

// The document accepts each body that the API is known to send.
func TestResponses_Known(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, operationID, body string }{
		{
			"contact by id leaves out what has no value", "getContact",
			`{"contact": {
				"id": "ocQHyuzHvysMo5N5VsXc", "name": "Rosan Deo", "type": "lead", "locationId": "ve9EPM428h8vShlRW1KT",
				"firstName": "Rosan", "firstNameLowerCase": "rosan", "fullNameLowerCase": "rosan deo", "lastName": "Deo",
				"lastNameLowerCase": "deo", "email": "rosan@deos.com", "emailLowerCase": "rosan@deos.com", "phone": "+18888888888",
				"country": "US", "timezone": "America/Chihuahua", "companyName": null, "dnd": false,
				"attributionSource": {"sessionSource": "CRM UI", "medium": "manual", "mediumId": null},
				"lastAttributionSource": {
					"sessionSource": "Direct traffic", "medium": "form", "mediumId": "FglfHAn30PRwsZVyQlKp", "campaign": "spring",
					"campaignId": "1", "adId": "2", "url": "https://example.com", "referrer": "https://www.google.com", "fbclid": "a",
					"gclid": "b", "msclikid": "c", "dclid": "d", "fbc": "e", "fbp": "f", "fbEventId": "g",
					"userAgent": "Mozilla/5.0", "ip": "192.0.2.198", "utmSource": "google"
				},
				"createdBy": {
					"source": "INTEGRATION", "channel": "OAUTH", "sourceId": "60e1", "sourceName": "App",
					"timestamp": "2021-07-02T05:18:26.704Z"
				},
				"dndSettings": {"SMS": {"status": "permanent", "message": "STOP", "code": "103"}, "WhatsApp": {"status": "active"}},
				"tags": ["vip"], "followers": ["y0BeYjuRIlDwsDcOHOJo"], "dateAdded": "2021-07-02T05:18:26.704Z",
				"dateUpdated": "2021-08-31T09:59:41.937Z", "dateOfBirth": "1990-09-25T00:00:00.000Z",
				"additionalEmails": [{"email": "rosan@home.example", "validEmail": null}],
				"additionalPhones": [{"phone": "+18887777777", "phoneLabel": "Work"}],
				"customFields": [], "searchAfter": [1603870249758, "UIaE1WjAwWKdlyD7osQI"], "visitorId": "v"
			}, "traceId": "9f1c8e0a"}`,
		},
		{"properties that the document does not know", "getContact", `{"contact": {"id": "a", "later": {"b": [1]}}, "more": 1}`},
		{"a type and a status that are not listed", "getContact", `{"contact": {"id": "a", "type": "vendor", "dndSettings": {"SMS": {"status": "paused"}, "RCS": {"status": "active"}}}}`},
		{"last activity as text", "getContact", `{"contact": {"id": "a", "lastActivity": "2021-07-16T11:39:30.564Z"}}`},
		{"contact as created", "createContact", `{"contact": {"id": "a", "deleted": false, "birthMonth": 8, "birthDay": 25, "offers": [], "products": []}}`},
		{
			"list item full of nulls, names in lower case", "getContacts",
			`{"contacts": [{
				"id": "ocQHyuzHvysMo5N5VsXc", "locationId": "ve9EPM428h8vShlRW1KT", "contactName": "rosan deo", "firstName": "rosan",
				"lastName": "deo", "firstNameRaw": "Rosan", "lastNameRaw": "Deo", "companyName": null, "email": null, "phone": null,
				"dnd": null, "dndSettings": null, "type": null, "source": null, "assignedTo": null, "city": null, "state": null,
				"postalCode": null, "address1": null, "country": null, "website": null, "timezone": null, "dateAdded": null,
				"dateUpdated": null, "dateOfBirth": null, "businessId": null, "tags": null, "followers": null,
				"additionalEmails": null, "attributions": null, "customFields": null, "profilePhoto": null, "lastActivity": null
			}], "meta": null, "count": null, "traceId": null}`,
		},
		{
			"list item with attributions", "getContacts",
			`{"contacts": [{"id": "a", "lastActivity": 1626435570564, "attributions": [{
				"utmSessionSource": "CRM UI", "utmSource": "a", "utmMedium": "b", "utmContent": "c", "utmCampaign": "d",
				"utmCampaignId": "e", "utmAdId": "f", "utmKeyword": "g", "adSource": "h", "medium": "manual", "mediumId": null,
				"isFirst": true, "isLast": false
			}]}]}`,
		},
		{"settings of do-not-disturb full of nulls", "getContact", `{"contact": {"id": "a", "dndSettings": {"Call": null, "SMS": {"status": null, "message": null, "code": null}}, "inboundDndSettings": {"all": null}}}`},
		{
			"meta in the middle", "getContacts",
			`{"contacts": [], "meta": {
				"total": 167623, "nextPageUrl": "http://localhost:8080/contacts/?startAfter=1603870249758", "startAfter": 1603870249758,
				"startAfterId": "UIaE1WjAwWKdlyD7osQI", "currentPage": 2, "nextPage": 3, "prevPage": 1
			}}`,
		},
		{
			"meta at the end, cursor still set", "getContacts",
			`{"contacts": [], "meta": {
				"total": 1, "nextPageUrl": null, "startAfter": 1603870249758, "startAfterId": "UIaE1WjAwWKdlyD7osQI",
				"currentPage": 1, "nextPage": null, "prevPage": null
			}}`,
		},
		{
			"meta at the end, next page an empty text, address still set", "getContacts",
			`{"contacts": [], "meta": {"total": 1, "nextPageUrl": "https://example.com/contacts/", "currentPage": 1, "nextPage": ""}}`,
		},
		{"meta empty", "getContacts", `{"contacts": [], "meta": {}}`},
		{"meta without cursor", "getContacts", `{"contacts": [], "meta": {"total": 0, "currentPage": 1}}`},
		{"meta with a cursor of nulls", "getContacts", `{"contacts": [], "meta": {"total": null, "startAfter": null, "startAfterId": null}}`},
		{"no meta", "getContacts", `{"contacts": [], "count": 0, "traceId": "9f1c8e0a"}`},
		{"list by business", "getContactsByBusinessId", `{"contacts": [{"id": "a", "businessId": "b"}], "count": 1}`},
		{"custom field of text", "getContact", customField(`"My Selected Option"`)},
		{"custom field of empty text", "getContact", customField(`""`)},
		{"custom field of a whole number", "getContact", customField(`1603870249758`)},
		{"custom field of a broken number", "getContact", customField(`100.5`)},
		{"custom field of a list", "getContact", customField(`["red", "green"]`)},
		{"custom field of an empty list", "getContact", customField(`[]`)},
		{
			"custom field of files", "getContact",
			customField(`{"f31175d4-2b06-4fc6-b7bc-74cd814c68cb": {
				"meta": {
					"fieldname": "1HeGizb13P0odwgOgKSs", "originalname": "roof.jpg", "encoding": "7bit", "mimetype": "image/jpeg",
					"size": 1786611, "uuid": "f31175d4-2b06-4fc6-b7bc-74cd814c68cb"
				},
				"url": "https://services.leadconnectorhq.com/documents/download/w2M9qTZ0ZJz8rGt02jdJ",
				"documentId": "w2M9qTZ0ZJz8rGt02jdJ"
			}}`),
		},
		{"custom field of null", "getContact", customField(`null`)},
		{"custom field of a boolean", "getContact", customField(`true`)},
		{"custom field without value", "getContact", `{"contact": {"id": "a", "customFields": [{"id": "b"}]}}`},
		{"update", "updateContact", `{"succeded": true, "contact": {"id": "a"}}`},
		{"update in both spellings", "updateContact", `{"succeded": true, "succeeded": true, "contact": {"id": "a"}}`},
		{"delete in both spellings", "deleteContact", `{"succeded": true, "succeeded": true}`},
		{"delete in the old spelling", "deleteContact", `{"succeded": true}`},
		{"delete in the new spelling", "deleteContact", `{"succeeded": true}`},
		{"delete that failed", "deleteContact", `{"succeded": false}`},
		{"upsert that created", "upsertContact", `{"new": true, "contact": {"id": "a"}, "traceId": "9f1c8e0a"}`},
		{"upsert that updated", "upsertContact", `{"new": false, "contact": {"id": "a", "gender": "male"}, "traceId": "9f1c8e0a"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := check(t, responseSchema(t, tt.operationID, "2XX"), tt.body); err != nil {
				t.Error(err)
			}
		})
	}
}

// The document rejects invalid responses.
func TestResponses_Drift(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, operationID, body string }{
		{"no contact", "getContact", `{}`},
		{"contact null", "createContact", `{"contact": null}`},
		{"no contacts", "getContacts", `{"meta": {}}`},
		{"contacts null", "getContactsByBusinessId", `{"contacts": null}`},
		{"a page in the place of an object", "getContact", `[]`},
		{"id a number", "getContact", `{"contact": {"id": 1}}`},
		{"tags a text", "getContact", `{"contact": {"id": "a", "tags": "vip"}}`},
		{"code a number", "getContact", `{"contact": {"id": "a", "dndSettings": {"SMS": {"code": 103}}}}`},
		{"date added without a form", "getContact", `{"contact": {"id": "a", "dateAdded": "yesterday"}}`},
		{"date added in milliseconds", "getContact", `{"contact": {"id": "a", "dateAdded": 1603870249758}}`},
		{"cursor with a fraction", "getContacts", `{"contacts": [], "meta": {"startAfter": 1603870249758.5}}`},
		{"next page a text", "getContacts", `{"contacts": [], "meta": {"nextPage": "2"}}`},
		{"success a text", "deleteContact", `{"succeded": "true"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if check(t, responseSchema(t, tt.operationID, "2XX"), tt.body) == nil {
				t.Error("the document accepts it")
			}
		})
	}
}

func TestResponses_Errors(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, status, body string }{
		{"no such contact", "400", `{"error": "Contact with id lookup not found", "status": 400}`},
		{"deleted a moment ago", "400", `{"message": "Contact not found for id:ocQHyuzHvysMo5N5VsXc"}`},
		{"duplicate email", "400", `{"statusCode": 400, "message": "This location does not allow duplicated contacts.", "meta": {"contactId": "ocQHyuzHvysMo5N5VsXc", "matchingField": "email", "contactName": "Rosan Deo"}}`},
		{"duplicate phone", "400", `{"statusCode": 400, "message": "This location does not allow duplicated contacts.", "meta": {"contactId": "ocQHyuzHvysMo5N5VsXc", "matchingField": "phone", "contactName": null}}`},
		{"unknown version", "400", `{"statusCode": 400, "message": "Invalid API version segment 'bogus' at position 0"}`},
		{"no token", "401", `{"statusCode": 401, "message": "No Authorization header found for authentication!"}`},
		{"no token, older", "401", `{"status": 401, "message": "No Authorization header found for authentication!", "traceId": "9f1c8e0a"}`},
		{"bad token", "401", `{"statusCode": 401, "message": "Invalid JWT"}`},
		{"bad private integration token", "401", `{"statusCode": 401, "message": "Invalid Private Integration token"}`},
		{"expired", "401", `{"statusCode": 401, "message": "Invalid token: access token is invalid", "error": "Unauthorized"}`},
		{"scope", "401", `{"statusCode": 401, "message": "The token is not authorized for this scope."}`},
		{"class", "401", `{"statusCode": 401, "message": "This authClass type is not allowed to access this scope.  Please verify your IAM configuration if this is not the case."}`},
		{"user type", "401", `{"statusCode": 401, "message": "Token's user type mismatch!"}`},
		{"no version", "401", `{"statusCode": 401, "message": "version header was not found."}`},
		{"unknown version", "401", `{"statusCode": 401, "message": "version header is invalid"}`},
		{"OAuth", "401", `{"error": "UnAuthorized!", "error_description": "Authorization code not found"}`},
		{"location", "403", `{"statusCode": 403, "message": "The token does not have access to this location."}`},
		{"route", "404", `{"message": "Cannot PUT /contacts/upsert/more", "error": "Not Found", "statusCode": 404}`},
		{"validation, a list", "422", `{"message": ["property gender should not exist", "customFields must be an array"], "error": "Unprocessable Entity", "statusCode": 422}`},
		{"validation, a text", "422", `{"message": "property gender should not exist", "error": "Unprocessable Entity", "statusCode": 422}`},
		{"internal", "5XX", `{"statusCode": 500, "message": "Internal server error"}`},
		{"nothing but nulls", "5XX", `{"statusCode": null, "status": null, "message": null, "error": null, "error_description": null, "traceId": null, "meta": null}`},
		{"empty object", "5XX", `{}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := check(t, responseSchema(t, "updateContact", tt.status), tt.body); err != nil {
				t.Error(err)
			}
		})
	}
}

func customField(value string) string {
	return `{"contact": {"id": "a", "customFields": [{"id": "6dvNaf7VhkQ9snc5vnjJ", "value": ` + value + `}]}}`
}
