// The ID types of a project as the stand-in of Statsig's Console API keeps them, and what its calls do to them.

import assert from 'node:assert/strict';
import type { ConsoleReply } from '../src/contract/stand-ins/console-lists.js';
import { idTypeAnswerSchema, idTypeSchema, idTypesAnswerSchema } from '../src/contract/stand-ins/console-schemas.js';
import { createSchemaCheck } from '../src/contract/stand-ins/schema-check.js';
import { isJsonObject } from '../src/model/segment-event.js';

const PATH = '/console/v1/unit_id_types';

/** As many as the example of the documentation has on a page. */
const MOST_PER_PAGE = 100;

const checkBody = createSchemaCheck(idTypeSchema, 'the body');
const checkMade = createSchemaCheck(idTypeAnswerSchema, 'the answer of the stand-in');
const checkListed = createSchemaCheck(idTypesAnswerSchema, 'the answer of the stand-in');

function reply(status: number, body: object, check: (value: unknown) => readonly string[] = () => []): ConsoleReply {
  assert.deepEqual(check(body), []);
  return { status, body: JSON.stringify(body) };
}

function countAt(query: URLSearchParams, name: string, otherwise: number): number {
  const text = query.get(name) ?? String(otherwise);
  assert.match(text, /^[1-9]\d*$/, `${name}=${text}`);
  return Number(text);
}

/** @param names that are there beside `userID` and `stableID`; whether the list has those two is not documented, and here it has not */
export function createStandInIdTypes(names: readonly string[] = []) {
  const types = new Map(names.map((name) => [name, '']));

  function list(query: URLSearchParams): ConsoleReply {
    const unnamed = [...query.keys()].filter((name) => name !== 'limit' && name !== 'page');
    assert.deepEqual(unnamed, []);
    const itemsPerPage = Math.min(countAt(query, 'limit', MOST_PER_PAGE), MOST_PER_PAGE);
    const pageNumber = countAt(query, 'page', 1);
    const all = [...types].map(([name, description]) => ({ name, description }));
    const pageAt = (page: number) => `${PATH}?limit=${itemsPerPage}&page=${page}`;
    const pagination = {
      itemsPerPage,
      pageNumber,
      totalItems: all.length,
      nextPage: pageNumber * itemsPerPage < all.length ? pageAt(pageNumber + 1) : null,
      previousPage: pageNumber > 1 ? pageAt(pageNumber - 1) : null,
      all: PATH,
    };
    const data = all.slice((pageNumber - 1) * itemsPerPage, pageNumber * itemsPerPage);
    return reply(200, { message: 'Unit ID Types listed successfully.', data, pagination }, checkListed);
  }

  function make(body: unknown): ConsoleReply {
    assert.deepEqual(checkBody(body), []);
    assert.ok(isJsonObject(body) && typeof body.name === 'string' && body.name !== '');
    const { name, description = '' } = body;
    // The documentation has 400 alone for what cannot be made, and says nothing of names that are there.
    if (types.has(name)) return reply(400, { status: 400, message: `Unit ID Type ${name} already exists` });
    types.set(name, String(description));
    return reply(201, { message: 'Unit ID Type created successfully.', data: { name, description } }, checkMade);
  }

  return {
    types,
    /** Does what a call asks for. @throws for one that the documentation does not know */
    answer(method: string, url: URL, body: unknown): ConsoleReply {
      if (method === 'GET') return list(url.searchParams);
      assert.deepEqual([method, url.search], ['POST', ''], `${method} ${url.pathname} is no call that is made here`);
      return make(body);
    },
  };
}

/** Whether a call is about ID types. */
export function isAboutIdTypes(url: URL): boolean {
  return url.pathname === PATH;
}
