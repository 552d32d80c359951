package client

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/highlevel-contacts/contacts-go/gen"
)

// AddTags adds tags to a contact and returns all tags that the contact has afterwards. The API
// stores tags in lower case. A tag that the contact already has is not an error.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/add-tags
func (s *ContactsService) AddTags(ctx context.Context, id string, tags []string, opts ...CallOption) ([]string, error) {
	return s.changeTags(ctx, addTags, gen.NewAddTagsRequest, id, tags, opts)
}

// RemoveTags removes tags from a contact and returns the tags that the contact has afterwards. A tag
// that the contact does not have is not an error.
//
// API reference: https://marketplace.gohighlevel.com/docs/ghl/contacts/remove-tags
func (s *ContactsService) RemoveTags(ctx context.Context, id string, tags []string, opts ...CallOption) ([]string, error) {
	return s.changeTags(ctx, removeTags, gen.NewRemoveTagsRequest, id, tags, opts)
}

// changeTags sends the request that build returns. The responses of the two operations differ only in a
// list that is not used.
func (s *ContactsService) changeTags(
	ctx context.Context, op operation, build func(server, id string, body gen.TagsRequest) (*http.Request, error),
	id string, tags []string, opts []CallOption,
) ([]string, error) {
	body := gen.TagsRequest{Tags: tags}
	argErr := cmp.Or(checkID("contact", id), checkTags(tags), checkText(body))
	req, err := build(s.client.config.baseURL, id, body)
	var result gen.AddTagsResult
	if err := s.client.send(ctx, op, req, cmp.Or(argErr, err), &result, opts); err != nil {
		return nil, err
	}
	return result.Tags, nil
}

// checkTags returns an error if there are no tags, or if one is empty.
func checkTags(tags []string) error {
	if len(tags) == 0 {
		return errors.New("tags: empty")
	}
	if i := slices.IndexFunc(tags, func(tag string) bool { return strings.TrimSpace(tag) == "" }); i >= 0 {
		return fmt.Errorf("tag %d: empty", i)
	}
	return nil
}
