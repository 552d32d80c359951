package client_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/highlevel-contacts/contacts-go/client"
)

// byTheBook responds exactly as the vendor's document describes: lists have contacts and count but
// no meta, and the status is 201 for create and 200 for all other operations.
type byTheBook struct {
	contacts []map[string]any // newest first
}

func (b *byTheBook) handler() http.Handler {
	stubResponse := func(w http.ResponseWriter, status int, body map[string]any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(body)
	}
	read := func(r *http.Request) map[string]any {
		var body map[string]any
		_ = json.NewDecoder(r.Body).Decode(&body)
		return body
	}
	find := func(w http.ResponseWriter, r *http.Request) int {
		at := slices.IndexFunc(b.contacts, func(c map[string]any) bool { return c["id"] == r.PathValue("id") })
		if at < 0 {
			stubResponse(w, http.StatusBadRequest, map[string]any{"statusCode": 400, "message": "Contact not found for id:" + r.PathValue("id")})
		}
		return at
	}
	add := func(contact map[string]any) map[string]any {
		number := len(b.contacts)
		contact["id"] = fmt.Sprintf("contact%d", number)
		contact["dateAdded"] = time.UnixMilli(1_600_000_000_000 + int64(number)).UTC().Format("2006-01-02T15:04:05.000Z")
		contact["deleted"], contact["birthMonth"], contact["offers"] = false, 8, []string{}
		b.contacts = slices.Insert(b.contacts, 0, contact)
		return contact
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /contacts/{$}", func(w http.ResponseWriter, r *http.Request) {
		stubResponse(w, http.StatusCreated, map[string]any{"contact": add(read(r))})
	})
	mux.HandleFunc("POST /contacts/upsert", func(w http.ResponseWriter, r *http.Request) {
		body := read(r)
		at := slices.IndexFunc(b.contacts, func(c map[string]any) bool { return c["email"] == body["email"] })
		if at < 0 {
			stubResponse(w, http.StatusOK, map[string]any{"new": true, "contact": add(body), "traceId": "t"})
			return
		}
		stubResponse(w, http.StatusOK, map[string]any{"new": false, "contact": b.contacts[at], "traceId": "t"})
	})
	mux.HandleFunc("GET /contacts/{id}", func(w http.ResponseWriter, r *http.Request) {
		if at := find(w, r); at >= 0 {
			stubResponse(w, http.StatusOK, map[string]any{"contact": b.contacts[at]})
		}
	})
	mux.HandleFunc("PUT /contacts/{id}", func(w http.ResponseWriter, r *http.Request) {
		if at := find(w, r); at >= 0 {
			maps.Copy(b.contacts[at], read(r))
			stubResponse(w, http.StatusOK, map[string]any{"succeded": true, "contact": b.contacts[at]})
		}
	})
	mux.HandleFunc("DELETE /contacts/{id}", func(w http.ResponseWriter, r *http.Request) {
		if at := find(w, r); at >= 0 {
			b.contacts = slices.Delete(b.contacts, at, at+1)
			stubResponse(w, http.StatusOK, map[string]any{"succeded": true})
		}
	})
	mux.HandleFunc("GET /contacts/{$}", func(w http.ResponseWriter, r *http.Request) {
		from := 1 + slices.IndexFunc(b.contacts, func(c map[string]any) bool { return c["id"] == r.FormValue("startAfterId") })
		stubResponse(w, http.StatusOK, map[string]any{"contacts": b.page(from, r.FormValue("limit"), 20), "count": len(b.contacts)})
	})
	mux.HandleFunc("GET /contacts/business/{id}", func(w http.ResponseWriter, r *http.Request) {
		skip, _ := strconv.Atoi(r.FormValue("skip"))
		stubResponse(w, http.StatusOK, map[string]any{"contacts": b.page(skip, r.FormValue("limit"), 25), "count": len(b.contacts)})
	})
	return mux
}

func (b *byTheBook) page(from int, limit string, otherwise int) []map[string]any {
	size, err := strconv.Atoi(limit)
	if err != nil {
		size = otherwise
	}
	from = min(from, len(b.contacts))
	return b.contacts[from:min(from+size, len(b.contacts))]
}

func TestClient_ServerOfTheVendorDocument(t *testing.T) {
	t.Parallel()
	vendor := &byTheBook{}
	server := httptest.NewServer(vendor.handler())
	defer server.Close()
	c, err := client.New(client.StaticToken("pit-test"), client.WithBaseURL(server.URL), client.WithLocation("loc"), client.WithPacer(client.Unpaced{}))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()

	created, err := c.Contacts.Create(ctx, client.CreateContactRequest{FirstName: "Ada", Email: "ada@example.com"})
	if err != nil || created.ID == "" || created.FirstName != "Ada" || created.BirthMonth != 8 {
		t.Fatalf("create: %+v, %v", created, err)
	}
	updated, err := c.Contacts.Update(ctx, created.ID, client.UpdateContactRequest{City: client.Set("London"), Email: client.Clear[string]()})
	if err != nil || updated.City != "London" || updated.Email != "" {
		t.Errorf("update: %+v, %v", updated, err)
	}
	for number := range 60 {
		result, err := c.Contacts.Upsert(ctx, client.UpsertContactRequest{Email: client.Set(fmt.Sprintf("a%d@example.com", number/2))})
		if err != nil || result.New != (number%2 == 0) || result.TraceID != "t" {
			t.Fatalf("upsert %d: %+v, %v", number, result, err)
		}
	}
	got, err := c.Contacts.Get(ctx, created.ID)
	if err != nil || got.City != "London" {
		t.Errorf("get: %+v, %v", got, err)
	}
	for _, limit := range []int{0, 1, 7, 31, 100} {
		count := 0
		for _, err := range c.Contacts.All(ctx, client.ListRequest{Limit: limit}) {
			if err != nil {
				t.Fatalf("all by %d: %v", limit, err)
			}
			count++
		}
		for _, err := range c.Contacts.AllByBusiness(ctx, "b", client.BusinessListRequest{Limit: limit}) {
			if err != nil {
				t.Fatalf("all of a business by %d: %v", limit, err)
			}
			count++
		}
		if count != 2*31 {
			t.Errorf("by %d: %d contacts, want twice 31", limit, count)
		}
	}
	page, err := c.Contacts.ListByBusiness(ctx, "b", client.BusinessListRequest{Limit: 2})
	if err != nil || len(page.Contacts) != 2 || page.Total != 31 {
		t.Errorf("list by business: %+v, %v", page, err)
	}
	if err := c.Contacts.Delete(ctx, created.ID); err != nil {
		t.Errorf("delete: %v", err)
	}
	if _, err := c.Contacts.Get(ctx, created.ID); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("get after delete: %v", err)
	}
}
