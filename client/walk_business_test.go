package client_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/highlevel-contacts/contacts-go/client"
)

// businessPage is a page of a business's contacts.
func businessPage(first, count, total int) answer {
	return ok(fmt.Sprintf(`{"contacts":%s,"count":%d}`, contactList(first, count), total))
}

// TestAWalkOverABusiness ends in each way that count may mean: the contacts of the business, those of the page, or nothing.
func TestAWalkOverABusiness(t *testing.T) {
	t.Parallel()
	const target = "GET /proxy/v1/contacts/business/b?locationId=ve9EPM428h8vShlRW1KT"
	for _, test := range []struct {
		name    string
		list    client.BusinessListRequest
		answers []answer
		want    []string
		targets []string
	}{
		{"none", client.BusinessListRequest{}, []answer{businessPage(1, 0, 0)}, nil, []string{target}},
		{"one short page, count of all", client.BusinessListRequest{}, []answer{businessPage(1, 2, 2)}, []string{"c1", "c2"}, []string{target}},
		{"one short page, no count", client.BusinessListRequest{Limit: 3}, []answer{ok(`{"contacts":` + contactList(1, 2) + `}`)}, []string{"c1", "c2"}, []string{target + "&limit=3"}},
		{
			"count of the business",
			client.BusinessListRequest{Limit: 2},
			[]answer{businessPage(1, 2, 5), businessPage(3, 2, 5), businessPage(5, 1, 5)},
			[]string{"c1", "c2", "c3", "c4", "c5"},
			[]string{target + "&limit=2", target + "&limit=2&skip=2", target + "&limit=2&skip=4"},
		},
		{
			"count of the page",
			client.BusinessListRequest{Limit: 2},
			[]answer{businessPage(1, 2, 2), businessPage(3, 2, 2), businessPage(5, 0, 0)},
			[]string{"c1", "c2", "c3", "c4"},
			[]string{target + "&limit=2", target + "&limit=2&skip=2", target + "&limit=2&skip=4"},
		},
		{
			"pages shorter than asked",
			client.BusinessListRequest{Limit: 1000},
			[]answer{businessPage(1, 2, 3), businessPage(3, 1, 3)},
			[]string{"c1", "c2", "c3"},
			[]string{target + "&limit=1000", target + "&limit=1000&skip=2"},
		},
		{
			"from the middle, overlapping",
			client.BusinessListRequest{Limit: 2, Skip: 10},
			[]answer{businessPage(11, 2, 14), businessPage(12, 2, 14), businessPage(0, 0, 14)},
			[]string{"c11", "c12", "c13"},
			[]string{target + "&limit=2&skip=10", target + "&limit=2&skip=12", target + "&limit=2&skip=14"},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			c, api := newStub(t, test.answers...)
			ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", test.list))
			if err != nil || !slices.Equal(ids, test.want) {
				t.Errorf("got %v, %v", ids, err)
			}
			if diff := cmp.Diff(test.targets, api.targets()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// TestAWalkOverABusinessEndsWhereSkipIsIgnored meets the same page forever.
func TestAWalkOverABusinessEndsWhereSkipIsIgnored(t *testing.T) {
	t.Parallel()
	c, api := newStub(t, businessPage(1, 2, 5))
	ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2}))
	if !errors.Is(err, client.ErrBadResponse) || !slices.Equal(ids, []string{"c1", "c2"}) || len(api.sent) != 2 {
		t.Errorf("got %v, %v in %d requests", ids, err, len(api.sent))
	}
}

func TestAWalkOverABusinessIsLazyAndCanBeRepeated(t *testing.T) {
	t.Parallel()
	c, api := newStub(t, businessPage(1, 2, 4), businessPage(3, 2, 2), businessPage(1, 2, 4), businessPage(3, 1, 3))
	walk := c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2})
	if len(api.sent) != 0 {
		t.Errorf("%d requests before ranging", len(api.sent))
	}
	took := 0
	for range walk { //nolint:errcheck // the stub does not fail
		if took++; took == 3 {
			break
		}
	}
	if len(api.sent) != 2 {
		t.Errorf("3 contacts took %d requests", len(api.sent))
	}
	if ids, err := collect(t, walk); err != nil || !slices.Equal(ids, []string{"c1", "c2", "c3"}) {
		t.Errorf("again: %v, %v", ids, err)
	}
	if target := api.targets()[2]; target != "GET /proxy/v1/contacts/business/b?locationId=ve9EPM428h8vShlRW1KT&limit=2" {
		t.Errorf("again, from %s", target)
	}
}

func TestTheErrorOfAWalkOverABusinessComesOnceAndLast(t *testing.T) {
	t.Parallel()
	c, _ := newStub(t, businessPage(1, 2, 5), answer{status: 403, body: `{"message":"The token does not have access to this location."}`})
	ids, err := collect(t, c.Contacts.AllByBusiness(t.Context(), "b", client.BusinessListRequest{Limit: 2}))
	if !errors.Is(err, client.ErrForbidden) || !slices.Equal(ids, []string{"c1", "c2"}) {
		t.Errorf("got %v, %v", ids, err)
	}
}
