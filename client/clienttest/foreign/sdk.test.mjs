// The vendor's own SDK calls all operations and OAuth of the fake. foreign_test.go sets FAKE_*.
import assert from 'node:assert/strict'
import {test} from 'node:test'
import sdk from '@gohighlevel/api-client'

const {FAKE_URL: baseURL, FAKE_TOKEN: token, FAKE_LOCATION: locationId, FAKE_COMPANY: companyId} = process.env
const {FAKE_CLIENT_ID: client_id, FAKE_CLIENT_SECRET: client_secret, FAKE_CODE: code, FAKE_AGENCY_CODE: agencyCode} = process.env

// connect returns a client for the fake. The SDK's base URL is a private constant, so an interceptor sets it.
function connect(config) {
  const highLevel = new sdk.HighLevel({logLevel: 'none', clientId: client_id, clientSecret: client_secret, ...config})
  highLevel.addRequestInterceptor({onFulfilled: (request) => ({...request, baseURL})})
  return highLevel
}

const {contacts, locations} = connect({privateIntegrationToken: token})

// refused waits for a call that must fail with statusCode, and returns its error.
async function refused(call, statusCode) {
  const error = await call.then(() => assert.fail('no error'), (error) => error)
  assert.equal(error.statusCode, statusCode, error.message)
  return error
}

test('create, get, update, upsert, list, list by business, delete', async () => {
  const created = await contacts.createContact({
    locationId, firstName: 'Rosan', lastName: 'Deo', email: 'rosan@deos.com', phone: '(888) 888-8888', tags: [' VIP '],
    customFields: [{id: '6dvNaf7VhkQ9snc5vnjJ', field_value: 'a'}, {key: 'my_number', field_value: 7}],
    dndSettings: {SMS: {status: 'active', message: 'asked', code: '103'}},
  })
  const contactId = created.contact.id
  assert.equal(created.contact.phone, '+18888888888')

  const got = await contacts.getContact({contactId})
  assert.deepEqual(got.contact.tags, ['vip'])
  assert.deepEqual(got.contact.customFields, [
    {id: '6dvNaf7VhkQ9snc5vnjJ', value: 'a'}, {id: '9NAf0SNjEs4p2wRzIFvU', value: 7},
  ])

  const updated = await contacts.updateContact({contactId}, {city: 'Dolomite', phone: null})
  assert.equal(updated.succeded, true)
  assert.equal(updated.contact.phone, undefined)

  const upserted = await contacts.upsertContact({locationId, email: 'ROSAN@deos.com', state: 'AL'})
  assert.equal(upserted.new, false)
  assert.equal(upserted.contact.id, contactId)

  const listed = await contacts.getContacts({locationId, query: 'rosan', limit: 100})
  assert.equal(listed.contacts[0].firstName, 'rosan')
  assert.equal(listed.contacts[0].firstNameRaw, 'Rosan')

  // The vendor documents skip and limit of this operation as strings.
  const {contacts: members, count} = await contacts.getContactsByBusinessId({businessId: 'b1', locationId, limit: '1', skip: '1'})
  assert.equal(count, 2)
  assert.equal(members[0].id, 'second')

  assert.equal((await contacts.deleteContact({contactId})).succeded, true)
  await refused(contacts.getContact({contactId}), 400)
})

test('search, duplicates, tags and custom fields', async () => {
  const seen = []
  let searchAfter
  for (;;) {
    const sort = [{field: 'dateUpdated', direction: 'asc'}]
    const page = await contacts.searchContactsAdvanced({locationId, pageLimit: 1, sort, ...(searchAfter && {searchAfter})})
    assert.equal(page.total, 3)
    if (page.contacts.length === 0) break
    seen.push(page.contacts[0].id)
    searchAfter = page.contacts[0].searchAfter
  }
  assert.deepEqual(seen.sort(), ['first', 'second', 'third'])
  const filters = [{field: 'email', operator: 'eq', value: 'first@example.com'}]
  assert.equal((await contacts.searchContactsAdvanced({locationId, pageLimit: 10, filters})).contacts[0].id, 'first')
  await refused(contacts.searchContactsAdvanced({locationId, pageLimit: 10, filters: [{...filters[0], field: 'contact_name'}]}), 400)

  assert.equal((await contacts.getDuplicateContact({locationId, email: 'FIRST@example.com'})).contact.id, 'first')
  assert.equal((await contacts.getDuplicateContact({locationId, number: '+18888888888'})).contact, null)

  assert.deepEqual((await contacts.addTags({contactId: 'first'}, {tags: ['VIP']})).tagsAdded, ['vip'])
  assert.deepEqual((await contacts.removeTags({contactId: 'first'}, {tags: ['vip']})).tags, [])

  const {customFields} = await locations.getCustomFields({locationId})
  assert.equal(customFields[0].fieldKey, 'contact.my_text')
})

test('pages', async () => {
  const seen = new Set()
  let cursor = {}
  for (;;) {
    const page = await contacts.getContacts({locationId, limit: 2, ...cursor})
    page.contacts.forEach(({id}) => seen.add(id))
    if (!page.meta.nextPage) break
    cursor = {startAfter: page.meta.startAfter, startAfterId: page.meta.startAfterId}
  }
  assert.deepEqual([...seen], ['first', 'second', 'third'])
})

test('errors', async () => {
  const duplicate = await refused(contacts.createContact({locationId, email: 'first@example.com'}), 400)
  assert.equal(duplicate.response.meta.contactId, 'first')
  assert.equal(duplicate.response.meta.matchingField, 'email')
  const unknown = await refused(contacts.createContact({locationId, firstName: 'A', oops: 1}), 422)
  assert.deepEqual(unknown.response.message, ['property oops should not exist'])
  await refused(contacts.getContacts({}), 403)
  await refused(connect({privateIntegrationToken: 'pit-wrong'}).contacts.getContact({contactId: 'first'}), 401)
})

test('OAuth for a location', async () => {
  const {oauth} = connect({})
  const pair = await oauth.getAccessToken({client_id, client_secret, grant_type: 'authorization_code', code, user_type: 'Location'})
  assert.equal(pair.locationId, locationId)
  const {contact} = await connect({locationAccessToken: pair.access_token}).contacts.getContact({contactId: 'first'})
  assert.equal(contact.email, 'first@example.com')
  const fresh = await oauth.refreshToken(pair.refresh_token, client_id, client_secret, 'refresh_token', 'Location')
  assert.notEqual(fresh.access_token, pair.access_token)
})

test('OAuth for an agency', async () => {
  const {oauth} = connect({})
  const agency = await oauth.getAccessToken({client_id, client_secret, grant_type: 'authorization_code', code: agencyCode, user_type: 'Company'})
  await refused(connect({agencyAccessToken: agency.access_token}).contacts.getContact({contactId: 'first'}), 401)
  const created = await connect({agencyAccessToken: agency.access_token}).oauth.getLocationAccessToken({companyId, locationId})
  const {contact} = await connect({locationAccessToken: created.access_token}).contacts.getContact({contactId: 'first'})
  assert.equal(contact.email, 'first@example.com')
})
