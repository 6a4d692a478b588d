'use strict';
// Every answer of a server held against the document that the server itself gives out. Strict: a field that the document
// does not name is as wrong as one that is missing, and so is a status that it does not name.
const Ajv = require('ajv/dist/2020');
const addFormats = require('ajv-formats');
const { Validator: Whole } = require('@seriousme/openapi-schema-validator');

// No object may have more than its schema says.
function closed(schema) {
	if (Array.isArray(schema)) {
		return schema.map(closed);
	}
	if (schema === null || typeof schema !== 'object') {
		return schema;
	}
	const out = Object.fromEntries(Object.entries(schema).map(([key, one]) => [key, closed(one)]));
	if (out.type === 'object' && out.properties && out.additionalProperties === undefined) {
		out.additionalProperties = false;
	}
	return out;
}

class Document {
	static async of(url) {
		const self = new Document();
		self.base = `${url}/api/v1`;
		self.json = await (await fetch(`${self.base}/openapi.json`)).json();
		self.whole = await new Whole().validate(self.json);
		self.ajv = new Ajv({ allErrors: true, strict: true, strictTypes: false, strictRequired: false, allowUnionTypes: true });
		addFormats(self.ajv);
		self.ajv.addFormat('binary', true);
		self.ajv.addKeyword('components');
		const { components } = closed(JSON.parse(JSON.stringify(self.json)));
		self.ajv.addSchema({ $id: 'api', components });
		self.seen = new Set();
		return self;
	}

	// "/services/dog-registration" is "/services/{service}"; a path without braces is the better one.
	find(path) {
		const fits = Object.keys(this.json.paths).filter((one) =>
			new RegExp(`^${one.replace(/[.]/g, '\\.').replace(/\{[^}]+\}/g, '[^/]+')}$`).test(path));
		return fits.sort((a, b) => a.split('{').length - b.split('{').length)[0];
	}

	schemaOf(pointer) {
		return this.ajv.getSchema(`api#${pointer.replace('#', '')}`) || this.ajv.compile({ $ref: `api${pointer}` });
	}

	// What is wrong with this answer, sentence by sentence.
	problems(method, target, response, body) {
		const path = this.find(target.split('?')[0]);
		const operation = path && this.json.paths[path][method.toLowerCase()];
		if (!operation) {
			return response.status === 404 || response.status === 405 ? this.against('Problem', body, response) : [`${method} ${target}: not in the document`];
		}
		const answer = operation.responses[response.status];
		this.seen.add(operation.operationId);
		if (!answer) {
			return [`${operation.operationId}: status ${response.status} is not in the document`];
		}
		if (!answer.content) {
			return body === '' ? [] : [`${operation.operationId}: a body with status ${response.status}`];
		}
		const type = (response.headers.get('content-type') || '').split(';')[0];
		const content = answer.content[type];
		if (!content) {
			return [`${operation.operationId}: ${type} with status ${response.status} is not in the document`];
		}
		return content.schema.$ref ? this.against(content.schema.$ref.split('/').pop(), body, response) : [];
	}

	against(name, body, response) {
		const check = this.schemaOf(`#/components/schemas/${name}`);
		if (check(body)) {
			return [];
		}
		return check.errors.map((one) => `${response.status} ${name}${one.instancePath}: ${one.message} ${JSON.stringify(one.params)}`);
	}
}

module.exports = { Document };
