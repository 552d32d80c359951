package client_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/highlevel-contacts/contacts-go/client"
)

// TestBothSpellingsOfSuccess takes either as the API's word, on delete and update: false is a failure, and what is no word is none.
func TestBothSpellingsOfSuccess(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		members string
		success bool
	}{
		{`"succeded":true,"succeeded":true`, true},
		{`"succeded":true`, true},
		{`"succeeded":true`, true},
		{`"other":1`, true},
		{`"succeded":null`, true},
		{`"succeded":null,"succeeded":true`, true},
		{`"succeded":"true"`, true},
		{`"succeded":1`, true},
		{`"succeded":"ok"`, true},
		{`"succeded":{}`, true},
		{`"succeded":false`, false},
		{`"succeeded":false`, false},
		{`"succeded":true,"succeeded":false`, false},
		{`"succeded":false,"succeeded":true`, false},
		{`"succeded":"false"`, false},
		{`"succeded":0`, false},
	} {
		t.Run(test.members, func(t *testing.T) {
			t.Parallel()
			c, _ := newStub(t, ok(`{`+test.members+`,"contact":{"id":"abc"}}`))
			contact, err1 := c.Contacts.Update(t.Context(), "abc", client.UpdateContactRequest{})
			err2 := c.Contacts.Delete(t.Context(), "abc")
			if test.success && (err1 != nil || err2 != nil || contact.ID != "abc") {
				t.Errorf("update %v, delete %v", err1, err2)
			}
			for _, err := range []error{err1, err2} {
				var apiError *client.Error
				if !test.success && (!errors.Is(err, client.ErrServer) || !errors.As(err, &apiError) || apiError.StatusCode != http.StatusOK) {
					t.Errorf("got %v", err)
				}
			}
		})
	}
}

// TestADeleteHasNothingMoreToPromise takes any object for a success that does not deny it.
func TestADeleteHasNothingMoreToPromise(t *testing.T) {
	t.Parallel()
	for _, body := range []string{`{}`, `{"traceId":"t-1"}`, `{"contact":null}`} {
		c, _ := newStub(t, ok(body))
		if err := c.Contacts.Delete(t.Context(), "abc"); err != nil {
			t.Errorf("%s: %v", body, err)
		}
	}
}

// TestAListMayBeEmpty tells an empty list from none.
func TestAListMayBeEmpty(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(`{"contacts":[]}`))
	page, err := c.Contacts.List(t.Context(), client.ListRequest{})
	if err != nil || page.Contacts == nil || len(page.Contacts) != 0 || page.Next != "" || page.Total != 0 {
		t.Errorf("got %+v, %v", page, err)
	}
	page, err = c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{})
	if err != nil || page.Contacts == nil || len(page.Contacts) != 0 || page.Next != "" || page.Total != 0 {
		t.Errorf("by business: got %+v, %v", page, err)
	}
}

// A contact is no list, although room was made for one.
func TestAContactIsNoList(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, ok(`{"contact":{"id":"abc","dateAdded":"2021-07-02T05:18:26.704Z"}}`))
	if page, err := c.Contacts.List(t.Context(), client.ListRequest{}); !errors.Is(err, client.ErrBadResponse) {
		t.Errorf("list: %+v, %v", page, err)
	}
	if page, err := c.Contacts.ListByBusiness(t.Context(), "b", client.BusinessListRequest{}); !errors.Is(err, client.ErrBadResponse) {
		t.Errorf("list by business: %+v, %v", page, err)
	}
}
